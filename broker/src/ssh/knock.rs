//! What one connection has tried in order to be let in.

use super::user::SshUser;

/// Tries on one connection. The user name of the first one is the only one: who
/// changes it in the middle is refused whatever they come with.
#[derive(Debug)]
pub(super) struct Knock {
    user: Option<String>,
    tries_left: u32,
    spoiled: bool,
}

impl Knock {
    pub(super) const fn new(tries: u32) -> Self {
        Self {
            user: None,
            tries_left: tries,
            spoiled: false,
        }
    }

    /// Somebody says who they are, by whatever method.
    pub(super) fn named(&mut self, user: &str) {
        match &self.user {
            Some(first) => self.spoiled |= first != user,
            None => self.user = Some(user.to_owned()),
        }
    }

    /// Somebody comes with a ticket. Who it must be for, if it is to be looked at
    /// at all.
    pub(super) fn with_ticket(&mut self, user: &str) -> Option<SshUser> {
        self.named(user);
        if self.spoiled || self.tries_left == 0 {
            return None;
        }
        self.tries_left -= 1;
        user.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_tickets_and_no_more() {
        let mut knock = Knock::new(2);
        knock.named("anna+plc-7");
        assert!(knock.with_ticket("anna+plc-7").is_some());
        assert!(knock.with_ticket("anna+plc-7").is_some());
        assert!(knock.with_ticket("anna+plc-7").is_none());
    }

    #[test]
    fn a_changed_name_spoils_it_for_good() {
        let mut knock = Knock::new(9);
        knock.named("anna+plc-7");
        assert!(knock.with_ticket("bert+plc-7").is_none());
        assert!(knock.with_ticket("bert+plc-7").is_none());
        assert!(knock.with_ticket("anna+plc-7").is_none(), "no way back");
    }

    #[test]
    fn a_name_that_is_none_costs_a_try() {
        let mut knock = Knock::new(1);
        assert!(knock.with_ticket("root").is_none());
        assert_eq!(knock.tries_left, 0);
    }
}
