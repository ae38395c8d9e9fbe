//! Fetches recordings of people reading for the tests of the recogniser, beside those that come with its model.
//!
//! They are LibriVox recordings, which are in the public domain, in a package of Debian. It is unpacked, not installed.

use std::path::Path;

use crate::command::CommandSpec;
use crate::model::{self, CHECK, digits};
use crate::system::{Failure, System};

const PACKAGE: &str = "pocketsphinx-testdata";
/// Where the package keeps them; each name goes on with the number below.
const IN_PACKAGE: &str = "usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-";
/// Number and SHA-256 of each file, in groups of 16 digits. They have not changed since 2016.
const FILES: [(&str, &str); 5] = [
    ("0870", "b0557cf95c974d93 0577e58e46b7f068 c432a6e3afcc2865 63d88922b2a5315c"),
    ("0880", "fbec491ef00ee734 a67f0ee318e98c51 c157b479e1629ff4 f4426861ecac0414"),
    ("0890", "5793ffbdee55fb8b fd284943a6866864 c832d9d4accf2661 cabd39915c84ee10"),
    ("0920", "40882414ef4cc51f 3ff7a63bad0c8c87 e7f595ffeb8209fb f756c8ebc5c28a59"),
    ("0930", "954adbf0b56ac8a1 48cbe77b39ca18d7 6b5f2a1e1f405565 bd786ce3e68a68b7"),
];

/// Copies files once each is known to be whole. Arguments: from, to, SHA-256, and so on.
const COPY: &str = "\
import hashlib, os, sys
for source, path, sha256 in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    with open(source, 'rb') as file: data = file.read()
    if hashlib.sha256(data).hexdigest() != sha256: sys.exit(source + ' has the wrong SHA-256')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.part', 'wb') as file: file.write(data)
    os.replace(path + '.part', path)
";

/// Fetches the recordings unless they are there.
///
/// # Errors
///
/// One sentence that says what is missing or what went wrong.
pub(crate) fn install(system: &dyn System, root: &Path) -> Result<(), Failure> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let models = root.join(model::FOLDER);
    let place = |number: &str| text(&models.join(format!("audio/austen_{number}.wav")));
    let checked = FILES.iter().flat_map(|(number, sha256)| [place(number), digits(sha256)]);
    if system.run(&CommandSpec::new("python3").args(["-c", CHECK]).args(checked)).is_ok() {
        return Ok(());
    }
    if system.find("apt-get").is_none() {
        return Err(Failure::Advice(format!(
            "Some recordings for the tests are in Debian's package {PACKAGE}: this needs Debian or Ubuntu."
        )));
    }
    system.say(&format!("Downloading recordings for the tests (2 MB): {PACKAGE}\n"));
    let folder = models.join("recordings");
    // Makes the folder, in which apt-get then works.
    system.write(&folder.join("README"), "Can be removed: the recordings are in ../audio.\n")?;
    let download = CommandSpec::new("apt-get").args(["download", PACKAGE]).folder(&folder);
    system.run(&download).map_err(|failure| {
        Failure::Advice(format!(
            "{PACKAGE} could not be downloaded; after apt-get update, start again: {failure}"
        ))
    })?;
    let package =
        system.files(&folder).into_iter().filter(|file| file.extension().is_some_and(|it| it == "deb"));
    let package = package.max().ok_or_else(|| Failure::Advice(format!("apt-get downloaded no {PACKAGE}")))?;
    system.run(&CommandSpec::new("dpkg-deb").args(["-x".to_owned(), text(&package), text(&folder)]))?;
    let copied = FILES.iter().flat_map(|(number, sha256)| {
        [text(&folder.join(format!("{IN_PACKAGE}{number}.wav"))), place(number), digits(sha256)]
    });
    system.run(&CommandSpec::new("python3").args(["-c", COPY]).args(copied)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn recordings_that_are_there_are_not_downloaded() -> Result<(), Failure> {
        let fake = Fake::default().program("apt-get").answer_all_of("python3");
        install(&fake, Path::new("/r"))?;
        assert_eq!(fake.commands().len(), 1);
        Ok(())
    }

    #[test]
    fn without_apt_get_one_sentence_says_what_is_needed() {
        let text = install(&Fake::default(), Path::new("/r")).expect_err("no apt-get").to_string();
        assert!(text.contains(PACKAGE) && text.ends_with("this needs Debian or Ubuntu."), "{text}");
    }

    #[test]
    fn the_package_is_unpacked_and_its_files_are_checked() {
        let deb = "/r/target/models/recordings/pocketsphinx-testdata_1_all.deb";
        let fake =
            Fake::default().program("apt-get").answer_all_of("apt-get").answer_all_of("dpkg-deb").file(deb);
        install(&fake, Path::new("/r")).expect_err("python3 does not answer");
        let commands = fake.commands();
        assert!(commands[1].contains("apt-get download pocketsphinx-testdata"), "{commands:?}");
        assert_eq!(commands[2], format!("dpkg-deb -x {deb} /r/target/models/recordings"));
        assert!(
            commands[3].contains("wrong SHA-256") && commands[3].contains("austen_0930.wav"),
            "{commands:?}"
        );
    }
}
