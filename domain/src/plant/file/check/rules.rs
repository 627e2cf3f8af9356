//! The rules of the whole site.

use std::time::Duration;

use toml::Spanned;

use super::Check;
use crate::account::Role;
use crate::account::idle::IdleRules;
use crate::plant::file::dto;
use crate::plant::{Quorum, Rules};
use crate::time::parse_duration;

impl Check<'_> {
    pub(super) fn rules(&mut self, rules: &dto::Rules) -> Rules {
        Rules {
            quorum: self.quorum(&rules.quorum),
            idle: self.idle(&rules.idle),
            sessions_per_grant: self.sessions_per_grant(rules.sessions_per_grant.as_ref()),
        }
    }

    fn sessions_per_grant(&mut self, number: Option<&Spanned<u32>>) -> u32 {
        match number {
            None => Rules::USUAL_SESSIONS,
            Some(n) if (1..=Rules::MOST_SESSIONS).contains(n.get_ref()) => *n.get_ref(),
            Some(n) => {
                self.error(
                    n.span(),
                    "rules.sessions_per_grant",
                    format_args!("write 1 to {} sessions", Rules::MOST_SESSIONS),
                );
                Rules::USUAL_SESSIONS
            }
        }
    }

    fn quorum(&mut self, quorum: &dto::Quorum) -> Quorum {
        let mut level = |key, number: &Option<Spanned<u8>>, usual| match number {
            None => usual,
            Some(n) if (1..=Quorum::MOST).contains(n.get_ref()) => *n.get_ref(),
            Some(n) => {
                self.error(
                    n.span(),
                    key,
                    format_args!(
                        "write 1 to {} approvers; no zone goes without",
                        Quorum::MOST
                    ),
                );
                usual
            }
        };
        let by_level = [
            level("rules.quorum.sl1", &quorum.sl1, 1),
            level("rules.quorum.sl2", &quorum.sl2, 1),
            level("rules.quorum.sl3", &quorum.sl3, 2),
            level("rules.quorum.sl4", &quorum.sl4, 2),
        ];
        Quorum::new(by_level).unwrap_or_default()
    }

    fn idle(&mut self, idle: &dto::Idle) -> IdleRules {
        let by_role = [
            (Role::Vendor, "rules.idle.vendor", &idle.vendor),
            (Role::Approver, "rules.idle.approver", &idle.approver),
            (Role::Operator, "rules.idle.operator", &idle.operator),
            (Role::Auditor, "rules.idle.auditor", &idle.auditor),
            (Role::Admin, "rules.idle.admin", &idle.admin),
        ];
        let mut rules = IdleRules::default();
        for (role, key, text) in by_role {
            rules = self.idle_limit(key, text.as_ref(), rules, |r, limit| {
                r.with_role(role, limit)
            });
        }
        let never = idle.never_used.as_ref();
        self.idle_limit(
            "rules.idle.never_used",
            never,
            rules,
            IdleRules::with_never_used,
        )
    }

    fn idle_limit(
        &mut self,
        key: &str,
        text: Option<&dto::Text>,
        rules: IdleRules,
        set: impl FnOnce(IdleRules, Duration) -> Option<IdleRules>,
    ) -> IdleRules {
        let Some(text) = text else { return rules };
        let Some(limit) = self.ok(text.span(), key, parse_duration(text.get_ref())) else {
            return rules;
        };
        let changed = set(rules, limit);
        if changed.is_none() {
            self.error(
                text.span(),
                key,
                "write 1d to 366d; an idle account is always disabled",
            );
        }
        changed.unwrap_or(rules)
    }
}
