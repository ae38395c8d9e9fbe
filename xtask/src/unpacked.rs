//! What `cargo package` unpacked and built in earlier runs.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Removes what earlier runs of `cargo package` unpacked and built of the crates behind each `-p` of `packages`.
///
/// `cargo package` builds each crate with the others from a temporary registry, a folder below `target/`. Cargo takes a
/// crate of a registry for unchanged as long as its version is the same: it neither unpacks nor builds it again, so that
/// the check would use old code. What is removed of the build is that of the workspace too, which is built again.
pub(crate) fn remove(packages: &str, root: &Path) -> io::Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = home {
        remove_unpacked(&home.join("registry/src"), packages)?;
    }
    remove_in(&root.join("target/debug/.fingerprint"), packages)
}

fn remove_unpacked(sources: &Path, packages: &str) -> io::Result<()> {
    if !sources.exists() {
        return Ok(());
    }
    for registry in fs::read_dir(sources)? {
        let registry = registry?;
        // The name of a registry's folder is its host and a hash; a registry that is a folder has no host.
        if registry.file_name().as_encoded_bytes().starts_with(b"-") {
            remove_in(&registry.path(), packages)?;
        }
    }
    Ok(())
}

/// Removes the folders of a folder that have the name of one of the packages, behind which is a version or a hash.
fn remove_in(folder: &Path, packages: &str) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let packages: Vec<&str> = packages.split(" -p ").skip(1).collect();
    for package in fs::read_dir(folder)? {
        let package = package?;
        let name = package.file_name();
        let name = name.to_str().and_then(|name| name.rsplit_once('-')).map_or("", |(name, _)| name);
        if packages.contains(&name) {
            fs::remove_dir_all(package.path())?;
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
        remove_unpacked(&sources, "package --locked -p our-protocol -p our-service")?;
        assert!(old.iter().all(|folder| !sources.join(folder).exists()));
        assert!(others.iter().all(|folder| sources.join(folder).exists()));
        fs::remove_dir_all(&sources)?;
        remove_unpacked(&sources, "package -p our-protocol")
    }
}
