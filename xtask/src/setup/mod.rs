//! Installs what building and testing need. The commands are printed before the first of them runs.

mod debian;
mod packages;
mod rust;
mod tools;

use std::path::Path;
use std::time::Instant;

use crate::Extras;
use crate::command::CommandSpec;
use crate::model::{self, ModelName};
use crate::recordings;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// Installs the wasm32 target, which is all that building needs, and returns the Rust that has it.
pub(crate) fn target(system: &dyn System, root: &Path) -> Result<Toolchain, Failure> {
    rust::install_target(system, root)
}

/// Installs all that the tests need, and returns the Rust that has the wasm32 target.
pub(crate) fn all(system: &dyn System, root: &Path, extras: Extras) -> Result<Toolchain, Failure> {
    let toolchain = target(system, root)?;
    run(system, &missing(system, toolchain, root, extras)?)?;
    let still_missing = missing(system, toolchain, root, extras)?;
    if !still_missing.is_empty() {
        return Err(Failure::Advice(format!("These commands had no effect:\n{}", list(&still_missing))));
    }
    if extras.speech {
        model::install(system, root, ModelName::Base)?;
        model::install(system, root, ModelName::Tiny)?;
        recordings::install(system, root)?;
    }
    if extras.sdks {
        system.say(&tools::sdk_versions(system, root)?);
    }
    if extras.deploy {
        // cargo-deny reads the crates of all platforms, and has no network.
        system.run(&toolchain.cargo().args(["fetch", "--locked"]).folder(root))?;
    }
    Ok(toolchain)
}

/// The commands that install what is missing.
fn missing(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    extras: Extras,
) -> Result<Vec<CommandSpec>, Failure> {
    let mut commands = packages::missing(system, extras)?;
    commands.extend(rust::missing_components(system, toolchain));
    if extras.sdks {
        commands.extend(tools::missing_sdks(system, root));
    }
    if extras.deploy {
        commands.extend(tools::missing_deploy_tools(system, root));
    }
    Ok(commands)
}

/// Prints all commands, then runs each.
fn run(system: &dyn System, commands: &[CommandSpec]) -> Result<(), Failure> {
    if commands.is_empty() {
        return Ok(());
    }
    system.say(&format!("These commands will run:\n{}", list(commands)));
    for (at, command) in commands.iter().enumerate() {
        system.say(&format!("{} of {} ... ", at + 1, commands.len()));
        let start = Instant::now();
        let result = system.run(command).map(drop);
        let end = if result.is_ok() { "done" } else { "failed" };
        system.say(&format!("{end} in {:.1} s\n", start.elapsed().as_secs_f64()));
        result?;
    }
    Ok(())
}

/// The commands, if this user is root.
///
/// # Errors
/// The one command to run as root, for any other user.
fn as_root(system: &dyn System, commands: Vec<CommandSpec>) -> Result<Vec<CommandSpec>, Failure> {
    if system.run(&CommandSpec::new("id").args(["-u"])).is_ok_and(|id| id.trim() == "0") {
        return Ok(commands);
    }
    let line = commands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" && ");
    Err(Failure::Advice(format!(
        "This needs root. Run the following command, then start again:\nsudo sh -c '{line}'"
    )))
}

fn list(commands: &[CommandSpec]) -> String {
    commands.iter().map(|command| format!("  {command}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn hello() -> Vec<CommandSpec> {
        ["hello", "world"].map(|word| CommandSpec::new("echo").args([word])).to_vec()
    }

    #[test]
    fn all_commands_are_printed_before_the_first_runs() {
        let fake = Fake::default();
        run(&fake, &hello()).expect_err("the first one fails");
        assert_eq!(fake.commands(), ["echo hello"]);
        let printed = fake.printed();
        assert!(
            printed.starts_with("These commands will run:\n  echo hello\n  echo world\n1 of 2 ... failed"),
            "{printed}"
        );
    }

    #[test]
    fn root_runs_the_commands_itself() -> Result<(), Failure> {
        assert_eq!(as_root(&Fake::default().answer("id -u", "0\n"), hello())?, hello());
        Ok(())
    }

    #[test]
    fn any_other_user_gets_one_command_and_nothing_runs() {
        let fake = Fake::default().program("sudo").answer("id -u", "1000\n");
        let text = as_root(&fake, hello()).expect_err("not root").to_string();
        assert_eq!(text.lines().last(), Some("sudo sh -c 'echo hello && echo world'"));
        assert_eq!(fake.commands(), ["id -u"]);
    }
}
