//! Programs and libraries of PyPI that tests use.

use harness::root;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// The folder of the programs of an environment, `python` among them, which `tests/venv` obtains.
pub fn python_programs(environment: &'static str) -> PathBuf {
    static FOLDERS: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut folders = FOLDERS.lock().expect("no test panics while it obtains an environment");
    let folder = folders.entry(environment).or_insert_with(|| {
        let obtained = Command::new(root().join("tests/venv")).arg(environment).output();
        let obtained = obtained.expect("tests/venv can be run");
        assert!(obtained.status.success(), "{}", String::from_utf8_lossy(&obtained.stderr));
        PathBuf::from(String::from_utf8_lossy(&obtained.stdout).trim())
    });
    folder.clone()
}
