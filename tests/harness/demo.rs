//! `drawbridge demo`, and somebody at a shell beside it.

use std::fs;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

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
            if let Ok(facts) = serde_json::from_str(&text) {
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
        let script = format!(". '{}'\n{typed}", self.file("demo.sh").display());
        let running = Command::new("sh")
            .args(["-c", &script])
            .env("HOME", self.directory.path())
            .env_remove("DRAWBRIDGE_API")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = tokio::time::timeout(Duration::from_secs(30), running).await;
        ended
            .unwrap_or_else(|_| panic!("still runs: {typed}"))
            .expect("sh runs")
    }

    /// Types something that must work, and gives what it prints.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn works(&self, typed: &str) -> String {
        let output = self.shell(typed).await;
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
