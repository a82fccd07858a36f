//! The passing of time, in the only place where tests have it: waiting for what has no position and no event to wait
//! for, and letting a fault last.

#![expect(clippy::disallowed_methods, reason = "this is the place for it")]

use std::time::{Duration, Instant};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(10);
/// Time in which the answer must come. It is far more than anything takes: a test never measures time.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Asks until there is an answer, and returns it. Panics if `what` does not come within two minutes.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(asked.elapsed() < TIMEOUT, "{what} did not come within {TIMEOUT:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Like [`until`], on a thread that may wait.
pub fn until_blocking<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let asked = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(asked.elapsed() < TIMEOUT, "{what} did not come within {TIMEOUT:?}");
        std::thread::sleep(PAUSE);
    }
}

/// Lets time pass: a fault lasts, or a caller paces itself. Nothing may be expected to have happened meanwhile.
pub async fn let_pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Like [`let_pass`], on a thread that may wait.
pub fn let_pass_blocking(time: Duration) {
    std::thread::sleep(time);
}
