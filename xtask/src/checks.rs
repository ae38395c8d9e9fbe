//! All checks and tests, one after the other.

use std::path::Path;
use std::time::Instant;

use crate::call::Call;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// The steps, cheapest first: name, arguments to cargo.
const STEPS: [(&str, &str); 5] = [
    ("format", "fmt --all --check"),
    ("lints", "clippy --workspace --all-targets --all-features -- -D warnings"),
    // The host's lints leave out what only the browser's target has.
    ("lints of the page", "clippy -p transcription-page --target wasm32-unknown-unknown -- -D warnings"),
    ("documentation", "doc --workspace --no-deps"),
    ("tests", "test --workspace --all-features"),
];

/// Runs all steps, up to the first that fails.
pub(crate) fn run(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    for (name, args) in STEPS {
        step(system, name, &call(toolchain, args, root))?;
    }
    let names = STEPS.map(|(name, _)| name).join(", ");
    system.say(&format!("\nAll passed in {:.0} s: {names}\n", start.elapsed().as_secs_f64()));
    Ok(())
}

fn step(system: &dyn System, name: &str, call: &Call) -> Result<(), Failure> {
    system.say(&format!("\n== {name}: {call}\n"));
    let start = Instant::now();
    system.show(call).map_err(|failure| Failure::Advice(format!("{name} failed with {failure}")))?;
    system.say(&format!("== {name}: passed in {:.1} s\n", start.elapsed().as_secs_f64()));
    Ok(())
}

fn call(toolchain: Toolchain, args: &str, root: &Path) -> Call {
    let call = toolchain.cargo().args(args.split(' ')).folder(root);
    if args.starts_with("doc ") { call.env("RUSTDOCFLAGS", "-D warnings") } else { call }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn line(args: &str) -> String {
        call(Toolchain::Active, args, Path::new("/clone")).to_string()
    }

    #[test]
    fn the_last_line_names_all_that_passed() {
        let fake = STEPS.iter().fold(Fake::default(), |fake, (_, args)| fake.answer(&line(args), ""));
        run(&fake, Toolchain::Active, Path::new("/clone")).unwrap();
        assert_eq!(fake.calls().len(), STEPS.len());
        let said = fake.said();
        let last = said.lines().last().unwrap();
        assert_eq!(last, "All passed in 0 s: format, lints, lints of the page, documentation, tests");
    }

    #[test]
    fn the_first_failure_ends_it_with_its_name_and_code() {
        let fake = Fake::default().answer(&line(STEPS[0].1), "");
        let text = run(&fake, Toolchain::Active, Path::new("/clone")).unwrap_err().to_string();
        assert!(text.starts_with("lints failed with exit code 1: "), "{text}");
        assert_eq!(fake.calls().len(), 2);
    }
}
