//! Options of what carries the media of calls of several.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bellwire_server::{GroupEngineConfig, JanusConfig};
use clap::{Args, ValueEnum};

use super::secrets::secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Members are connected to each other
    Mesh,
    /// Everybody is connected to a Janus, by its VideoRoom plugin
    Janus,
}

#[derive(Debug, Args)]
pub(super) struct GroupEngineOptions {
    /// What carries the media of hearth's calls of several
    #[arg(long, env = "BELLWIRE_GROUP_ENGINE", value_enum, default_value = "mesh")]
    group_engine: Kind,
    /// WebSocket address of Janus, on this machine or in a network that is trusted: ws://127.0.0.1:8188
    #[arg(long, env = "BELLWIRE_JANUS_URL", value_name = "URL")]
    janus_url: Option<String>,
    /// Its api_secret
    #[arg(long, env = "BELLWIRE_JANUS_SECRET", hide_env_values = true)]
    janus_secret: Option<String>,
    /// File with that secret; under systemd the credential janus-secret does as well
    #[arg(long, env = "BELLWIRE_JANUS_SECRET_FILE", value_name = "FILE")]
    janus_secret_file: Option<PathBuf>,
    /// The admin_key of its VideoRoom plugin
    #[arg(long, env = "BELLWIRE_JANUS_ADMIN_KEY", hide_env_values = true)]
    janus_admin_key: Option<String>,
    /// File with that key; under systemd the credential janus-admin-key does as well
    #[arg(long, env = "BELLWIRE_JANUS_ADMIN_KEY_FILE", value_name = "FILE")]
    janus_admin_key_file: Option<PathBuf>,
}

impl GroupEngineOptions {
    /// `credentials`: the folder of systemd's credentials.
    pub(super) fn config(&self, credentials: Option<&Path>) -> anyhow::Result<GroupEngineConfig> {
        if self.group_engine == Kind::Mesh {
            return Ok(GroupEngineConfig::Mesh);
        }
        let url = self.janus_url.clone().context("--group-engine janus needs --janus-url")?;
        ensure!(url.starts_with("ws://"), "--janus-url must begin with ws://");
        let (given, file) = (self.janus_secret.as_ref(), self.janus_secret_file.as_ref());
        let api_secret = secret(given, file, "janus-secret", credentials)?;
        let (given, file) = (self.janus_admin_key.as_ref(), self.janus_admin_key_file.as_ref());
        let admin_key = secret(given, file, "janus-admin-key", credentials)?;
        Ok(GroupEngineConfig::Janus(JanusConfig { url, api_secret, admin_key }))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        options: GroupEngineOptions,
    }

    fn config(arguments: &[&str]) -> anyhow::Result<GroupEngineConfig> {
        Alone::try_parse_from(std::iter::once(&"server").chain(arguments))?.options.config(None)
    }

    #[test]
    fn members_are_connected_to_each_other_unless_there_is_a_janus() {
        assert_eq!(config(&[]).expect("a configuration"), GroupEngineConfig::Mesh);
        let janus =
            ["--group-engine", "janus", "--janus-url", "ws://127.0.0.1:8188", "--janus-secret", "hidden"];
        let given = config(&janus).expect("a configuration");
        let GroupEngineConfig::Janus(given) = given else { panic!("a Janus") };
        assert_eq!((given.api_secret.as_deref(), given.admin_key.as_deref()), (Some("hidden"), None));
        assert!(!format!("{given:?}").contains("hidden"), "{given:?}");
        assert!(config(&janus[..2]).is_err(), "no address");
        assert!(config(&["--group-engine", "janus", "--janus-url", "wss://a"]).is_err());
    }
}
