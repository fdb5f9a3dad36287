use super::*;

#[tokio::test]
async fn nothing_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("not there yet");
    let downloads = Downloads::new(Some(folder.clone()));
    let mut names = Vec::new();
    for contents in ["one", "two", "three"] {
        let path = downloads.save("calls", "csv", contents.into()).await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), contents);
        assert_eq!(path.parent(), Some(folder.as_path()));
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    let day = names[0].strip_prefix("calls-").unwrap().strip_suffix(".csv").unwrap();
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = day.split('-').collect();
    assert!(digits(parts[0], 4) && digits(parts[1], 2) && digits(parts[2], 2), "{day}");
    assert_eq!(names[1..], [format!("calls-{day}-2.csv"), format!("calls-{day}-3.csv")]);
    assert!(std::fs::read_to_string(folder.join(&names[0])).unwrap() == "one");
}

#[tokio::test]
async fn a_link_in_the_way_is_not_followed() {
    let home = tempfile::tempdir().unwrap();
    let downloads = Downloads::new(Some(home.path().to_owned()));
    let first = downloads.save("calls", "json", b"[]".to_vec()).await.unwrap();
    let target = home.path().join("precious");
    std::fs::write(&target, "mine").unwrap();
    std::fs::remove_file(&first).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&target, &first).unwrap();
    #[cfg(unix)]
    assert_ne!(downloads.save("calls", "json", b"[]".to_vec()).await.unwrap(), first);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
}

#[tokio::test]
async fn where_nothing_can_be_written_the_error_says_so() {
    let none = Downloads::new(None);
    let error = none.save("calls", "csv", Vec::new()).await.unwrap_err();
    assert!(matches!(error, DownloadError::NoFolder));
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let blocked = Downloads::new(Some(file));
    let error = blocked.save("calls", "csv", Vec::new()).await.unwrap_err();
    assert!(matches!(error, DownloadError::NotWritten(_)), "{error}");
    assert_eq!(error.code(), "not_exported");
}

#[tokio::test]
async fn only_own_files_are_shown() {
    let home = tempfile::tempdir().unwrap();
    let downloads = Downloads::new(Some(home.path().to_owned()));
    let error = downloads.show("/etc/passwd".into()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Foreign), "{error}");
    for _ in 0..MAX_REMEMBERED_FILES + 3 {
        downloads.save("calls", "csv", Vec::new()).await.unwrap();
    }
    assert_eq!(downloads.written.lock().unwrap().len(), MAX_REMEMBERED_FILES);
}
