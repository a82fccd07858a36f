//! Items that end as soon as they are assigned.

use super::*;
use domain::followup::follow_up::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_follow_up_of_an_item_that_ends_at_once_is_cancelled_also_with_two_copies() {
    let place = Place::new();
    let _second = place.another_copy();
    let mut items = Vec::new();
    for item in 1..=40 {
        let id = place.assign(item, "WATER").await;
        let rescind = Command::Rescind { reason: text("规划已变") };
        place.decide(id, "WATER", rescind).await;
        items.push(id);
    }
    // A query waits for what follows from everything up to now.
    assert_eq!(place.follow_ups(&[]).await.len(), items.len());
    for item in items {
        let state = place.copy.service.kit.load::<FollowUp>(item).await.unwrap();
        assert_eq!(state.followed_item().map(|followed| followed.stage), Some(Stage::Cancelled));
    }
    let (left, _) = place.copy.service.kit.set_aside((0, ""), 10).unwrap();
    assert_eq!(left, []);
}
