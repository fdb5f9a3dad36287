//! Files that change, looked at one step after the other.

use std::fs;
use std::path::Path;

use super::*;

/// A certificate for itself and its key, both PEM.
fn made() -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["calls.example".to_owned()]).expect("parameters");
    (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn config(folder: &Path) -> TlsConfig {
    TlsConfig::new(folder.join("fullchain.pem"), folder.join("privkey.pem"))
}

fn write(config: &TlsConfig, certificate: &str, key: &str) {
    fs::write(&config.certificate, certificate).expect("written");
    fs::write(&config.key, key).expect("written");
}

fn shown(tls: &Tls) -> Vec<u8> {
    tls.shown.0.read().expect("a lock").cert[0].to_vec()
}

async fn refused(config: &TlsConfig) -> String {
    said(&Tls::load(config.clone()).await.expect_err("it is refused"))
}

#[tokio::test]
async fn a_new_pair_is_taken_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let (old, new) = (made(), made());
    write(&config, &old.0, &old.1);
    let tls = Tls::load(config.clone()).await.expect("a certificate");
    let first = shown(&tls);
    assert_eq!(tls.look().await, Look::AsBefore);

    // Half of it is there: that is no reason to complain unless it stays so.
    fs::write(&config.certificate, &new.0).expect("written");
    assert_eq!(tls.look().await, Look::Unfinished);
    assert_eq!(tls.look().await, Look::Refused);
    assert_eq!(shown(&tls), first);
    fs::remove_file(&config.key).expect("removed");
    assert_eq!(tls.look().await, Look::Unfinished, "another thing is wrong");
    assert_eq!((tls.look().await, tls.look().await), (Look::Refused, Look::Refused));
    assert_eq!(shown(&tls), first);
    fs::write(&config.key, &new.1).expect("written");
    assert_eq!(tls.look().await, Look::Renewed);
    assert_ne!(shown(&tls), first);
    assert_eq!(tls.look().await, Look::AsBefore);

    write(&config, "nothing", "nothing");
    assert_eq!((tls.look().await, tls.look().await), (Look::Unfinished, Look::Refused));
    write(&config, &new.0, &new.1);
    assert_eq!(tls.look().await, Look::AsBefore, "it is as it was");
}

#[cfg(unix)]
#[tokio::test]
async fn a_pair_that_comes_by_other_links_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let links = |number: u32| {
        let (certificate, key) = made();
        for (link, text) in [(&config.certificate, certificate), (&config.key, key)] {
            let file = link.with_extension(number.to_string());
            fs::write(&file, text).expect("written");
            let _ = fs::remove_file(link);
            std::os::unix::fs::symlink(file, link).expect("a link");
        }
    };
    links(1);
    let tls = Tls::load(config.clone()).await.expect("a certificate");
    links(2);
    assert_eq!(tls.look().await, Look::Renewed);
}

#[tokio::test]
async fn what_cannot_be_used_is_named_by_its_option() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    assert!(refused(&config).await.contains("fullchain.pem (--tls-certificate)"));
    let (certificate, key) = made();
    fs::write(&config.certificate, &certificate).expect("written");
    assert!(refused(&config).await.contains("privkey.pem (--tls-key)"));
    write(&config, &key, &key);
    assert!(refused(&config).await.contains("no certificate in"));
    write(&config, &certificate, &certificate);
    assert!(refused(&config).await.contains("no key in"));
    write(&config, &certificate, &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    assert!(refused(&config).await.contains("without a password"));
    write(&config, &certificate, &made().1);
    assert!(refused(&config).await.contains("--tls-key is not that of the first certificate"));
    fs::write(&config.key, vec![b'x'; 2 << 20]).expect("written");
    assert!(refused(&config).await.contains("too large"));
}
