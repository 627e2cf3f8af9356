//! People at the program's own command line, each with a home of their own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::api::PASSWORD;
use crate::binary::{Binary, program};
use crate::tools::Tool;

const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody at a shell.
pub struct Typist {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// What came of a command.
#[derive(Debug)]
pub struct Typed {
    /// The exit status.
    pub status: i32,
    /// The results.
    pub stdout: String,
    /// The remarks, and what went wrong.
    pub stderr: String,
}

impl Typed {
    /// The results as a program reads them.
    ///
    /// # Panics
    /// If they are not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The failure as a program reads it.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn problem(&self) -> Value {
        serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Typist {
    /// Somebody who has never logged in.
    ///
    /// # Panics
    /// If there is no room for a home.
    #[must_use]
    pub fn new() -> Self {
        let home = tempfile::Builder::new().prefix("typist").tempdir();
        Self {
            home: home.expect("a directory"),
            environment: Vec::new(),
        }
    }

    /// Somebody who has logged in.
    pub async fn at(binary: &Binary, name: &str) -> Self {
        let typist = Self::new();
        let (api, ca) = (binary.url(), binary.authority());
        let login = format!(
            "login {name} --api {api} --ca '{}' --password-stdin",
            ca.display()
        );
        let typed = typist.types_into(&login, &format!("{PASSWORD}\n")).await;
        assert_eq!(typed.status, 0, "{typed:?}");
        typist
    }

    /// With an environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file in their home.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Types a command, without the program's name before it.
    pub async fn types(&self, typed: &str) -> Typed {
        self.types_into(typed, "").await
    }

    /// The same, with something on standard input.
    ///
    /// # Panics
    /// If it takes longer than a minute.
    pub async fn types_into(&self, typed: &str, stdin: &str) -> Typed {
        let mut child = self.start(typed);
        let mut pipe = child.stdin.take().expect("a pipe");
        // Not every command reads it.
        let _ = pipe.write_all(stdin.as_bytes()).await;
        drop(pipe);
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output = ended
            .unwrap_or_else(|_| panic!("still runs: {typed}"))
            .expect("sh runs");
        Typed {
            status: output.status.code().expect("a status"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Types what must work, on a terminal; gives what is seen there.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn sees(&self, typed: &str) -> String {
        let program = program().display();
        let output = Command::new(Tool::Script.path())
            .args(["--quiet", "--return", "--command"])
            .arg(format!("'{program}' {typed}"))
            .arg("/dev/null")
            .env("HOME", self.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = tokio::time::timeout(PATIENCE, output).await;
        let output = ended.expect("it ends").expect("script runs");
        assert!(output.status.success(), "{typed}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types what must work, and gives its results for people or scripts.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn works(&self, typed: &str) -> String {
        let done = self.types(typed).await;
        assert_eq!(done.status, 0, "{typed}: {done:?}");
        done.stdout.trim_end().to_owned()
    }

    /// The same, for programs.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn json(&self, typed: &str) -> Value {
        let done = self.types(&json_of(typed)).await;
        assert_eq!(done.status, 0, "{typed}: {done:?}");
        done.json()
    }

    /// Types what must fail with that exit status; gives what a program is told.
    ///
    /// # Panics
    /// If it works, or fails in another way.
    pub async fn fails(&self, typed: &str, status: i32) -> Value {
        let done = self.types(&json_of(typed)).await;
        assert_eq!(done.status, status, "{typed}: {done:?}");
        assert_eq!(done.stdout, "", "{typed}: results of what failed");
        done.problem()
    }

    /// Starts a command that goes on, its standard input open.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    pub fn start(&self, typed: &str) -> Child {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec \"$0\" {typed}")])
            .arg(program())
            .env("HOME", self.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("DRAWBRIDGE_API")
            .env_remove("DRAWBRIDGE_CA")
            .env_remove("DRAWBRIDGE_TOKEN")
            .envs(self.environment.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().expect("sh runs")
    }
}

impl Default for Typist {
    fn default() -> Self {
        Self::new()
    }
}

/// What follows `--` is not this program's.
fn json_of(typed: &str) -> String {
    match typed.split_once(" -- ") {
        Some((own, rest)) => format!("{own} --output json -- {rest}"),
        None => format!("{typed} --output json"),
    }
}

/// What a running command prints, line by line.
pub struct Printed(Lines<BufReader<ChildStdout>>);

impl Printed {
    /// Of a command that was just started.
    ///
    /// # Panics
    /// If somebody else reads it.
    #[must_use]
    pub fn of(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().expect("a pipe")).lines())
    }

    /// Waits for a line that holds `text`.
    ///
    /// # Panics
    /// If none comes within a minute.
    pub async fn line_with(&mut self, text: &str) -> String {
        let mut before = Vec::new();
        let wait = async {
            while let Some(line) = self.0.next_line().await.expect("text") {
                if line.contains(text) {
                    return Some(line);
                }
                before.push(line);
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, wait).await.ok().flatten();
        found.unwrap_or_else(|| panic!("no {text:?} in {before:?}"))
    }
}
