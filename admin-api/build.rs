//! Takes the desks' pages and the stand-alone replay page into the program, if
//! `make web` has built them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let replay = Path::new("../web/replay");
    watch(replay);
    let page = read(&replay.join("dist/replay.html"))?.unwrap_or_default();
    fs::write(out.join("replay.html"), page)?;

    watch(Path::new("web"));
    let dist = env::current_dir()?.join("web/dist");
    fs::write(out.join("pages.rs"), pages(&dist)?)
}

/// What is built or, as long as nothing is, the folder where it will be: a file that
/// is not there would be looked for each time.
fn watch(folder: &Path) {
    println!("cargo::rerun-if-changed=build.rs");
    let dist = folder.join("dist");
    let watched = if dist.exists() { &dist } else { folder };
    println!("cargo::rerun-if-changed={}", watched.display());
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The built files as Rust: the first page, and all others.
fn pages(dist: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    if dist.exists() {
        walk(dist, &mut files)?;
        files.sort();
    }
    let index = dist.join("index.html");
    let mut text = String::from("const INDEX: Option<&str> = ");
    if index.exists() {
        let _ = writeln!(text, "Some(include_str!({index:?}));");
    } else {
        text.push_str("None;\n");
    }
    text.push_str("static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| **file != index) {
        let Some(path) = file.strip_prefix(dist).ok().and_then(Path::to_str) else {
            continue;
        };
        let (gzip, brotli) = (included(&beside(file, "gz")), included(&beside(file, "br")));
        let _ = writeln!(
            text,
            "File {{ path: {:?}, plain: include_bytes!({file:?}), gzip: {gzip}, brotli: {brotli} }},",
            format!("/{path}"),
        );
    }
    text.push_str("];\n");
    Ok(text)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_none_or(|e| e != "gz" && e != "br") {
            files.push(path);
        }
    }
    Ok(())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn included(file: &Path) -> String {
    if file.exists() {
        format!("include_bytes!({file:?})")
    } else {
        "&[]".to_owned()
    }
}
