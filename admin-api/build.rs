//! Takes the replay page into the program, if `make web` has built it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new("../web/replay");
    // The folder, since a file that is not there would be looked for each time.
    for watched in [folder.to_owned(), folder.join("dist")] {
        if watched.exists() {
            println!("cargo::rerun-if-changed={}", watched.display());
        }
    }
    let page = match fs::read(folder.join("dist/replay.html")) {
        Ok(page) => page,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    fs::write(out.join("replay.html"), page)
}
