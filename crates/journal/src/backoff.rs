//! Growing pauses between attempts.

use std::time::Duration;

/// Pauses between attempts: each is twice as long as the one before it, up to a maximum.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    next: Duration,
    max: Duration,
}

impl Backoff {
    /// Begins with this pause.
    pub fn new(first: Duration, max: Duration) -> Backoff {
        Backoff { first, next: first, max }
    }

    /// Waits for the next pause.
    pub async fn pause(&mut self) {
        let pause = self.next;
        self.next = (pause * 2).min(self.max);
        tokio::time::sleep(pause).await;
    }

    /// Begins again with the first pause, after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_grow_up_to_a_maximum_and_begin_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_micros(1), Duration::from_micros(3));
        for expected in [1, 2, 3, 3] {
            assert_eq!(backoff.next, Duration::from_micros(expected));
            backoff.pause().await;
        }
        backoff.reset();
        assert_eq!(backoff.next, Duration::from_micros(1));
    }
}
