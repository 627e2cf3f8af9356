//! `drawbridge demo`, and somebody at a shell beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::binary::program;
use crate::child::Minded;

/// A demo that runs.
pub struct Demo {
    /// What it tells programs.
    pub facts: Value,
    directory: TempDir,
    server: Option<Minded>,
}

impl Demo {
    /// Starts it on an empty directory.
    ///
    /// # Panics
    /// If it is not ready within a minute.
    pub async fn start() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("demo")
            .tempdir()
            .expect("a directory");
        let mut demo = Self {
            facts: Value::Null,
            directory,
            server: None,
        };
        demo.start_again().await;
        demo
    }

    /// Starts it on what it left.
    ///
    /// # Panics
    /// If it is not ready within a minute.
    pub async fn start_again(&mut self) {
        let facts = self.path("facts.json");
        let _ = fs::remove_file(&facts);
        let script = "exec \"$0\" demo --data \"$1\" --json \"$2\" >\"$3\" 2>&1";
        let (data, said) = (self.path("data"), self.path("said"));
        let arguments = [
            "-c".as_ref(),
            script.as_ref(),
            program().as_os_str(),
            data.as_ref(),
            facts.as_ref(),
            said.as_ref(),
        ];
        let mut server = Minded::start("sh", &arguments);
        for _ in 0..1200 {
            let text = fs::read_to_string(&facts).unwrap_or_default();
            // What it tells people comes last.
            let told = self.said().contains("Ctrl-C ends the demo");
            if let Some(facts) = serde_json::from_str(&text).ok().filter(|_| told) {
                self.facts = facts;
                self.server = Some(server);
                return;
            }
            assert!(!server.is_gone(), "the demo has ended: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the demo is not ready: {}", self.said());
    }

    /// Stops it, and waits until it has ended.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Ctrl-C; gives the exit status.
    ///
    /// # Panics
    /// If it does not run, or does not end.
    pub fn interrupt(&mut self) -> i32 {
        let server = self.server.take().expect("it runs");
        server.end_by(Signal::INT)
    }

    /// The commands that it has printed, in order.
    #[must_use]
    pub fn story(&self) -> Vec<String> {
        let said = self.said();
        let (_, story) = said.split_once("paste line by line:").expect("a story");
        let typed = story.lines().filter_map(|line| line.strip_prefix("  "));
        typed
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    }

    /// What it has printed.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    /// A file of the demo's.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path("data").join(name)
    }

    /// Types into a shell that has read `demo.sh` in.
    ///
    /// # Panics
    /// If it takes longer than half a minute.
    pub async fn shell(&self, typed: &str) -> Output {
        self.shell_into(typed, "", "").await
    }

    /// The same, with something on standard input, and a ticket for the client
    /// that asks for a password.
    ///
    /// # Panics
    /// If it takes longer than half a minute.
    pub async fn shell_into(&self, typed: &str, stdin: &str, ticket: &str) -> Output {
        let mut child = self.start_shell(typed, ticket);
        let mut pipe = child.stdin.take().expect("a pipe");
        // Not every command reads it.
        let _ = pipe.write_all(stdin.as_bytes()).await;
        drop(pipe);
        let ended = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await;
        ended
            .unwrap_or_else(|_| panic!("still runs: {typed}"))
            .expect("sh runs")
    }

    /// Types into such a shell what goes on; its standard input stays open.
    ///
    /// # Panics
    /// If `sh` can't be started.
    #[must_use]
    pub fn start_shell(&self, typed: &str, ticket: &str) -> Child {
        let (home, ask) = (self.directory.path(), self.path("ask"));
        fs::write(&ask, format!("#!/bin/sh\necho '{ticket}'\n")).expect("a script");
        fs::set_permissions(&ask, fs::Permissions::from_mode(0o700)).expect("a script");
        let script = format!(". '{}'\n{typed}", self.file("demo.sh").display());
        Command::new("sh")
            .args(["-c", &script])
            .env("HOME", home)
            .env("SSH_ASKPASS", ask)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env_remove("DRAWBRIDGE_API")
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("sh runs")
    }

    /// Types something that must work, and gives what it prints.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn works(&self, typed: &str) -> String {
        self.works_with(typed, "", "").await
    }

    /// The same, as [`Self::shell_into`].
    ///
    /// # Panics
    /// If it does not work.
    pub async fn works_with(&self, typed: &str, stdin: &str, ticket: &str) -> String {
        let output = self.shell_into(typed, stdin, ticket).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{typed}\n{errors}\n{}",
            self.said()
        );
        String::from_utf8(output.stdout)
            .expect("text")
            .trim_end()
            .to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
