//! Writes a plant as the file that [`super::parse`] reads back to the same plant.

use std::fmt::{Display, Write as _};

use crate::account::Role;
use crate::plant::{Plant, SecurityLevel};
use crate::time::write_duration;

/// A plant as a plant file.
#[must_use]
pub fn write(plant: &Plant) -> String {
    let mut out = Lines(String::new());
    out.head("[site]");
    out.text("name", &plant.site.name);
    out.text("title", &plant.site.title);
    out.text("time_zone", plant.site.time.name());
    rules(&mut out, plant);
    for zone in plant.zones.values() {
        out.head("[[zone]]");
        out.text("name", &zone.name);
        out.text("title", &zone.title);
        out.raw("security_level", zone.security_level.get());
        if zone.safety {
            out.raw("safety", true);
        }
        if zone.let_in {
            out.raw("let_in", true);
        }
        if zone.supervised {
            out.raw("supervised", true);
        }
        out.text("longest_session", write_duration(zone.longest_session));
        out.text("retention", write_duration(zone.retention));
    }
    for conduit in plant.conduits.values() {
        out.head("[[conduit]]");
        out.text("name", &conduit.name);
        out.text("zone", &conduit.zone);
        if let Some(source) = conduit.source {
            out.text("source", source);
        }
        out.list("protocols", &conduit.protocols);
        out.list("operations", &conduit.operations);
        out.list("environment", &conduit.environment);
        out.text("longest_session", write_duration(conduit.longest_session));
        out.text("record", conduit.record);
    }
    for asset in plant.assets.values() {
        out.head("[[asset]]");
        out.text("name", &asset.name);
        out.text("title", &asset.title);
        out.text("zone", &asset.zone);
        out.text("address", asset.address);
        if let Some(ssh) = &asset.ssh {
            out.head("[asset.ssh]");
            out.raw("port", ssh.port);
            out.text("user", &ssh.user);
            out.text("host_key", &ssh.host_key);
            out.text("credential", &ssh.credential);
        }
    }
    for account in plant.accounts.values() {
        out.head("[[account]]");
        out.text("name", &account.name);
        out.text("full_name", &account.full_name);
        out.text("company", &account.company);
        if let Some(email) = &account.email {
            out.text("email", email);
        }
        out.text("role", account.role);
        match account.role {
            Role::Vendor => out.list("assets", &account.assets),
            Role::Approver | Role::Operator => out.list("zones", &account.zones),
            Role::Auditor | Role::Admin => {}
        }
    }
    out.0
}

fn rules(out: &mut Lines, plant: &Plant) {
    out.head("[rules]");
    out.raw("sessions_per_grant", plant.rules.sessions_per_grant);
    out.head("[rules.quorum]");
    for level in (1..=4).filter_map(SecurityLevel::new) {
        out.raw(
            &format!("sl{}", level.get()),
            plant.rules.quorum.for_level(level),
        );
    }
    out.head("[rules.idle]");
    for role in Role::ALL {
        out.text(
            role.as_str(),
            write_duration(plant.rules.idle.for_role(*role)),
        );
    }
    out.text("never_used", write_duration(plant.rules.idle.never_used()));
}

struct Lines(String);

impl Lines {
    fn head(&mut self, head: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(head);
        self.0.push('\n');
    }

    fn raw(&mut self, key: &str, value: impl Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "{key} = {value}");
    }

    fn text(&mut self, key: &str, value: impl Display) {
        self.raw(key, toml::Value::String(value.to_string()));
    }

    fn list<'a, T: Display + 'a>(&mut self, key: &str, items: impl IntoIterator<Item = &'a T>) {
        let items = items
            .into_iter()
            .map(|i| toml::Value::String(i.to_string()))
            .collect();
        self.raw(key, toml::Value::Array(items));
    }
}
