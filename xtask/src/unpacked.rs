//! What `cargo package` unpacked in earlier runs.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Removes the crates behind each `-p` of `packages` that earlier runs of `cargo package` unpacked into cargo's home folder.
///
/// `cargo package` builds each crate with the others from a temporary registry, a folder below `target/`. Cargo does not
/// unpack a crate again whose name, version and registry it has unpacked before, so it would build with old code.
pub(crate) fn remove(packages: &str) -> io::Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    home.map_or(Ok(()), |home| remove_below(&home.join("registry/src"), packages))
}

fn remove_below(sources: &Path, packages: &str) -> io::Result<()> {
    if !sources.exists() {
        return Ok(());
    }
    let packages: Vec<&str> = packages.split(" -p ").skip(1).collect();
    for registry in fs::read_dir(sources)? {
        let registry = registry?;
        // The name of a registry's folder is its host and a hash; a registry that is a folder has no host.
        if !registry.file_name().as_encoded_bytes().starts_with(b"-") {
            continue;
        }
        for package in fs::read_dir(registry.path())? {
            let package = package?;
            let name = package.file_name();
            let name =
                name.to_str().and_then(|name| name.rsplit_once('-')).map_or("", |(name, _version)| name);
            if packages.contains(&name) {
                fs::remove_dir_all(package.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_packages_are_removed_and_only_those_of_registries_that_are_folders() -> io::Result<()> {
        let sources = env::temp_dir().join(format!("unpacked-{}", std::process::id()));
        let old = ["-1f/our-protocol-0.1.0/src", "-2e/our-service-0.2.0/src"];
        let others = ["-1f/our-0.1.0/src", "-2e/serde-1.0.0/src", "index.example-3d/our-protocol-0.1.0/src"];
        for folder in old.iter().chain(&others) {
            fs::create_dir_all(sources.join(folder))?;
        }
        remove_below(&sources, "package --locked -p our-protocol -p our-service")?;
        assert!(old.iter().all(|folder| !sources.join(folder).exists()));
        assert!(others.iter().all(|folder| sources.join(folder).exists()));
        fs::remove_dir_all(&sources)?;
        remove_below(&sources, "package -p our-protocol")
    }
}
