//! What is wrong with a folder of model files, in words.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use local_speech::Model;
use local_speech::model::FILES;
use test_result::TestResult;

/// A folder of its own with empty files of a model.
fn folder(name: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder)?;
    for file in FILES {
        File::create(folder.join(file))?;
    }
    Ok(folder)
}

fn error(folder: &Path) -> String {
    Model::load(folder).expect_err("no model is there").to_string()
}

#[test]
fn a_file_that_is_missing_is_named() -> TestResult {
    let folder = folder("missing")?;
    for file in FILES {
        fs::remove_file(folder.join(file))?;
        assert_eq!(error(&folder), format!("could not read {}", folder.join(file).display()));
        File::create(folder.join(file))?;
    }
    Ok(())
}

#[test]
fn a_file_that_is_too_large_is_named_and_not_read() -> TestResult {
    let folder = folder("large")?;
    // No disk has so much; reading it would fail.
    File::create(folder.join(FILES[1]))?.set_len(1 << 40)?;
    let path = folder.join(FILES[1]);
    let expected =
        format!("{} has 1099511627776 bytes, more than a supported model can have", path.display());
    let found = error(&folder);
    fs::remove_file(path)?;
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn a_foreign_file_is_named_with_its_fault() -> TestResult {
    let folder = folder("foreign")?;
    fs::write(folder.join(FILES[0]), "RIFF....WAVE")?;
    assert_eq!(error(&folder), "encoder_model.ort is damaged or of another model: it is not an .ort file");
    Ok(())
}
