//! Any text may be handed in as a plant file. What is accepted must survive
//! being written and read again; what is refused must say where and why.
#![no_main]

use domain::plant::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match file::parse(text) {
        Ok(plant) => {
            let written = file::write(&plant);
            let again = file::parse(&written);
            assert_eq!(
                again.as_ref(),
                Ok(&plant),
                "what was written reads otherwise:\n{written}"
            );
        }
        Err(errors) => {
            let lines = text.lines().count().max(1);
            assert!(!errors.0.is_empty(), "refused without a word");
            for error in &errors.0 {
                assert!(
                    error.line >= 1 && error.line <= lines + 1,
                    "line {} of {lines}",
                    error.line
                );
                assert!(!error.message.is_empty());
            }
        }
    }
});
