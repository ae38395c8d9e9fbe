//! Paths, hosts and keys that must not be in a public repository.

/// Folders of a person or of a build machine; in two parts, because this file is checked too.
const FOLDERS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Hosts of package registries; which one is used depends on the machine.
const REGISTRIES: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("static.rust-lang", ".org"),
    concat!("npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

/// The number of digits of an AssemblyAI key, all hexadecimal.
const KEY_DIGITS: usize = 32;

/// The length from which on a mix of small letters, capitals and digits is a token and not a name.
const TOKEN_LETTERS: usize = 32;

/// The forbidden content of a line, if there is any.
pub(super) fn found_in(line: &str) -> Option<&'static str> {
    if FOLDERS.iter().any(|folder| names_absolute(line, folder)) {
        return Some("absolute path of a personal folder");
    }
    if REGISTRIES.iter().any(|host| line.contains(host)) {
        return Some("host of a package registry");
    }
    let mut runs = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    runs.find_map(|run| {
        let hexadecimal = run.split(['_', '-']).any(is_key);
        if hexadecimal { Some("looks like a key") } else { is_token(run).then_some("looks like a token") }
    })
}

/// Whether the line has the folder as an absolute path rather than as a part of a longer one.
fn names_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-)}]".contains(c))
    })
}

fn is_key(run: &str) -> bool {
    run.len() >= KEY_DIGITS
        && run.chars().all(|c| c.is_ascii_hexdigit())
        && run.chars().any(|c| c.is_ascii_digit())
        && run.chars().any(|c| c.is_ascii_alphabetic())
}

fn is_token(run: &str) -> bool {
    let count = |is: fn(&char) -> bool| run.chars().filter(is).count();
    let in_order = run.as_bytes().windows(2).filter(|pair| pair[0].checked_add(1) == Some(pair[1])).count();
    run.len() >= TOKEN_LETTERS
        && in_order < run.len() / 2 // An alphabet otherwise.
        && count(char::is_ascii_digit) >= 3
        && count(char::is_ascii_uppercase) >= 3
        && count(char::is_ascii_lowercase) >= 3
}

#[test]
fn a_folder_of_a_person_or_machine_is_found() {
    for folder in FOLDERS {
        let what = Some("absolute path of a personal folder");
        assert_eq!(found_in(&format!("see {folder}me/notes")), what);
        assert_eq!(found_in(&format!("file://{folder}me/notes")), what);
        assert_eq!(found_in(&format!("{folder}me")), what);
        assert_eq!(found_in(&format!("https://example.com{folder}page")), None);
    }
}

#[test]
fn a_registry_is_found() {
    assert_eq!(found_in(concat!("from https://index.crates", ".io/")), Some("host of a package registry"));
    assert_eq!(found_in("https://docs.rs/axum"), None);
}

#[test]
fn a_key_is_found() {
    let key = "0123456789abcdef".repeat(2);
    assert_eq!(found_in(&format!("ASSEMBLYAI_API_KEY={key}")), Some("looks like a key"));
    assert_eq!(found_in(&format!("key_{key}-tail")), Some("looks like a key"));
    assert_eq!(found_in("3e8a1c60-0000-4000-8000-00000000000f"), None);
}

#[test]
fn a_token_is_found() {
    let token = "AQICAHh7xK3f9_Zp2".repeat(3);
    assert_eq!(found_in(&format!("\"token\": \"{token}\"")), Some("looks like a token"));
    let alphabet: String = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
    assert_eq!(found_in(&alphabet), None);
    assert_eq!(found_in("fn the_16_khz_resampler_keeps_7_khz_within_1_5_db() {"), None);
}
