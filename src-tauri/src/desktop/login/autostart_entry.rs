//! The autostart entry of a Linux desktop, as the Desktop Entry and Autostart specifications define it.

use std::io;
use std::path::{Path, PathBuf};

/// An entry larger than this is not ours.
const MAX_ENTRY_BYTES: u64 = 64 * 1024;

fn file() -> io::Result<PathBuf> {
    let folder = dirs::config_dir().ok_or_else(|| io::Error::other("there is no folder for settings"))?;
    Ok(folder.join("autostart").join("Bellwire.desktop"))
}

/// Whether desktops start us at login.
pub(super) fn is_there() -> io::Result<bool> {
    let file = file()?;
    match std::fs::metadata(&file) {
        Ok(found) if found.len() > MAX_ENTRY_BYTES => Ok(false),
        Ok(_) => Ok(is_on(&String::from_utf8_lossy(&std::fs::read(&file)?))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the entry, or removes it.
pub(super) fn put(on: bool) -> io::Result<()> {
    let file = file()?;
    if !on {
        return match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let program = std::env::current_exe()?;
    let text = text(&program).ok_or_else(|| io::Error::other("the program's path cannot be written"))?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, text)
}

/// `TryExec`: a program that was removed since is passed over without an error.
fn text(program: &Path) -> Option<String> {
    let path = program.to_str().filter(|path| !path.contains(char::is_control))?;
    let (plain, command) = (escaped(path), escaped(&quoted(path)));
    Some(format!(
        "[Desktop Entry]\nType=Application\nVersion=1.1\nName=Bellwire\nTryExec={plain}\n\
         Exec={command} --hidden\nIcon=bellwire\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    ))
}

/// As an argument of a command line in an entry.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c) || !c.is_ascii();
    if path.chars().all(plain) {
        return path.to_owned();
    }
    let mut out = String::from('"');
    for c in path.chars() {
        match c {
            '"' | '`' | '$' | '\\' => out.extend(['\\', c]),
            // A field code otherwise.
            '%' => out.push_str("%%"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// As a value of any key.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\")
}

/// Desktops switch an entry off in its own file.
fn is_on(text: &str) -> bool {
    let says = |key: &str, value: &str| {
        text.lines().any(|line| {
            line.split_once('=').is_some_and(|(k, v)| k.trim() == key && v.trim().eq_ignore_ascii_case(value))
        })
    };
    !says("Hidden", "true") && !says("X-GNOME-Autostart-enabled", "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_is_one_argument() {
        assert_eq!(quoted("/usr/bin/bellwire"), "/usr/bin/bellwire");
        assert_eq!(quoted("/opt/my apps/100%/a$b"), "\"/opt/my apps/100%%/a\\$b\"");
        let text = text(Path::new("/opt/my apps/bellwire")).unwrap();
        assert!(text.contains("\nExec=\"/opt/my apps/bellwire\" --hidden\n"), "{text}");
        assert!(text.contains("\nTryExec=/opt/my apps/bellwire\n"));
        assert!(super::text(Path::new("/a\nExec=evil")).is_none());
    }

    #[test]
    fn an_entry_can_be_switched_off_by_the_desktop() {
        assert!(is_on(&text(Path::new("/usr/bin/bellwire")).unwrap()));
        assert!(!is_on("[Desktop Entry]\nHidden=true\n"));
        assert!(!is_on("[Desktop Entry]\nX-GNOME-Autostart-enabled = false\n"));
    }
}
