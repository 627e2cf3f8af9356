//! Brings the plant's messages to the sessions that they are for. Apart from
//! [`crate::watch`], so that nothing that is merely said holds up what must end.

use std::convert::Infallible;
use std::sync::Arc;

use crate::house::House;
use crate::watch::{AT_LEAST_EVERY, look};

/// Hands on messages until the broker has stopped.
pub(crate) async fn hand_on(house: Arc<House>) -> Infallible {
    let mut changed = house.store.changed();
    loop {
        // Before looking, so that a change meanwhile is seen next time.
        changed.mark_unchanged();
        if let Some(after) = house.registry.told() {
            match look(house.store.messages(after)).await {
                Ok(messages) => house.registry.hand_on(after, &messages),
                // They are found by the next look.
                Err(why) => tracing::error!(reason = %why, "messages.unreadable"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AT_LEAST_EVERY) => {}
            Ok(()) = changed.changed() => {}
        }
    }
}
