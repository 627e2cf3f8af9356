//! What the demo tells people: a short story of what to type. Each command works
//! as it is printed.

use std::path::Path;

use domain::{PlantTime, Timestamp};

use super::facts::Facts;

/// Where the files of the demo are, as they are shown and typed.
pub(super) struct Places {
    /// The data directory.
    pub(super) data: String,
    /// The shell file that names the people.
    pub(super) shell: String,
    /// The broker's host key, for ssh.
    pub(super) known_hosts: String,
    /// The facts.
    pub(super) facts: String,
}

/// A path as it is typed: within the working directory if it is there.
pub(super) fn typed(path: &Path, here: &Path) -> String {
    let path = match path.strip_prefix(here) {
        Ok(inner) => Path::new(".").join(inner),
        Err(_) => path.to_owned(),
    };
    quoted(&path.to_string_lossy())
}

/// A word for a POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The shell file: a function for each person, who is this program with their
/// login.
pub(super) fn shell(facts: &Facts, program: &Path) -> String {
    let api = quoted(&facts.api);
    let ca = quoted(&facts.ca_cert.to_string_lossy());
    let program = quoted(&program.to_string_lossy());
    let mut text = format!(
        "# Made by `drawbridge demo`, for you alone: it holds logins. Read it in with a dot.\n\
         export DRAWBRIDGE_API={api} DRAWBRIDGE_CA={ca}\n\
         drawbridge() {{ {program} \"$@\"; }}\n"
    );
    for (role, person) in facts.people() {
        let token = quoted(person.token.expose());
        let function = person.name.replace(['.', '-'], "_");
        text.push_str(&format!(
            "{function}() {{ DRAWBRIDGE_API={api} DRAWBRIDGE_CA={ca} DRAWBRIDGE_TOKEN={token} {program} \"$@\"; }} # {role}\n"
        ));
    }
    text
}

/// A line of ssh's known_hosts.
pub(super) fn known_host(facts: &Facts, host_key: &str) -> String {
    format!("[{}]:{} {host_key}\n", facts.ssh.host, facts.ssh.port)
}

/// The story, for the plant as it was seeded.
pub(super) fn text(facts: &Facts, places: &Places, time: &PlantTime, now: Timestamp) -> String {
    let Places {
        data,
        shell,
        known_hosts,
        facts: facts_file,
    } = places;
    let (host, port) = (&facts.ssh.host, facts.ssh.port);
    let people: Vec<_> = facts
        .people()
        .map(|(role, person)| format!("{} ({role})", person.name))
        .collect();
    let assets: Vec<_> = facts
        .assets
        .iter()
        .map(|asset| match asset.approvals {
            1 => format!("{} (1 approval)", asset.name),
            n => format!("{} ({n} approvals)", asset.name),
        })
        .collect();
    format!(
        r#"The demo is ready. In the plant it is {now}.

  desks    {api} (in a browser; its certificate is of {data}/tls/ca.pem)
  SSH      {host}:{port}
  people   {people}
  assets   {assets}
  data     {data} (passwords and logins in {facts_file})

Open a second terminal, go to the same directory, and paste line by line:

  # A shell function for each person
  . {shell}

  # Vera of Turbine Works asks for an hour on the PLC; Arne looks, and approves
  vera request create plc-7 --for 1h --purpose 'Check the vibration limit' --work-order WO-1182
  arne request list
  arne request approve "$(arne request list --state waiting --output id | head -n 1)"

  # She takes a ticket. It is the password for one session, and holds five minutes
  vera grant ticket "$(vera grant list --phase open --output id | head -n 1)"
  ssh -p {port} -o UserKnownHostsFile={known_hosts} vera+plc-7@{host}

  # Or both in one step. On the PLC, try: help, status, trend BRG1.VIB, faults, exit
  vera grant connect --exec "$(vera grant list --phase open --output id | head -n 1)"

  # Olga in the control room sees who is connected, and can end it at once
  olga session list
  olga session end "$(olga session list --open --output id | head -n 1)" --reason 'Alarm in unit 2'

  # Audun the auditor replays what happened, and reads who did what
  audun recording list
  audun recording play "$(audun recording list --output id | head -n 1)"
  audun audit tail

  # The safety controller needs two approvers, and Olga lets her in while she waits
  vera request create sis-1 --for 30m --purpose 'Proof test of the trip chain'
  arne request approve "$(arne request list --state waiting --output id | head -n 1)"
  berit request approve "$(berit request list --state waiting --output id | head -n 1)"
  vera grant connect --exec "$(vera grant list --phase open --output id | head -n 1)"
  olga session let-in "$(olga session list --open --output id | head -n 1)"

Ctrl-C ends the demo and leaves its data."#,
        now = time.both(now),
        api = facts.api,
        people = people.join(", "),
        assets = assets.join(", "),
    )
}
