//! The user name that an SSH client sends, before it has proven anything.
#![no_main]

use broker::SshUser;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(user) = text.parse::<SshUser>() {
        assert_eq!(user.to_string(), text, "two texts for one user");
        assert!(text.len() <= 127, "longer than its names can be");
        assert_eq!(text.matches('+').count(), 1);
    }
});
