//! The command-line options and environment variables of the server program.

mod group_engine;
mod limits;
mod secrets;
mod tls;
mod turn;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bellwire_server::{
    Backend, BackendConfig, BackendInfo, Config, ConnectionLimits, Database, ListenerOption, Mode, backends,
};
use clap::{Arg, ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum, value_parser};

use self::group_engine::GroupEngineOptions;
use self::limits::LimitOptions;
use self::secrets::secret;
use self::tls::TlsOptions;
use self::turn::TurnOptions;
use crate::{commands, config_file};

/// Bellwire server: accounts, calls, signaling and a relay for the Bellwire client.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Without a command the server runs
    #[command(subcommand)]
    pub(crate) command: Option<commands::Command>,
    /// TOML file whose keys are these options; flags and variables win over it
    #[arg(long, env = "BELLWIRE_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    backends: BackendOptions,
    #[arg(long, help = only(), env = "BELLWIRE_ONLY", value_delimiter = ',')]
    only: Vec<String>,
    /// SQLite file, created when missing; with --demo the default is memory
    #[arg(long, env = "BELLWIRE_DATABASE", global = true)]
    database: Option<PathBuf>,
    /// Signs session tokens; kept beside the database when not given
    #[arg(long, env = "BELLWIRE_JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,
    /// File with that secret; under systemd the credential jwt-secret does as well
    #[arg(long, env = "BELLWIRE_JWT_SECRET_FILE", value_name = "FILE")]
    jwt_secret_file: Option<PathBuf>,
    /// Fill an empty database with people and past calls of each backend; relay on loopback
    #[arg(long, env = "BELLWIRE_DEMO")]
    pub(crate) demo: bool,
    /// Believe sockets without a token, as the deployed backend does
    #[arg(long, env = "BELLWIRE_COMPAT")]
    compat: bool,
    /// Seconds a call may ring, for every backend; by default 30 to 60, as each documents
    #[arg(long, env = "BELLWIRE_RING_TIMEOUT", value_parser = clap::value_parser!(u64).range(5..=600))]
    ring_timeout: Option<u64>,
    /// Requests one address may make of each backend in 15 minutes; by default as each documents
    #[arg(long, env = "BELLWIRE_REQUEST_LIMIT", value_parser = clap::value_parser!(u32).range(1..))]
    request_limit: Option<u32>,
    /// Connections at each listener; by default, and at most, its share of the descriptors there are
    #[arg(long, env = "BELLWIRE_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    connections: Option<u32>,
    /// Connections of one network address at each listener, 0 for no limit of its own; by default 512, and
    /// none with --behind-proxy, where all come from the proxy
    #[arg(long, env = "BELLWIRE_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: Option<u32>,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    tls: TlsOptions,
    /// Take a client's address from X-Forwarded-For: only behind a reverse proxy that sets it
    #[arg(long, env = "BELLWIRE_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Web origin allowed to call with cookies, or * for all without (may be repeated)
    #[arg(long = "allow-origin", env = "BELLWIRE_ALLOW_ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<String>,
    #[command(flatten)]
    turn: TurnOptions,
    /// Other STUN server to name to clients (may be repeated)
    #[arg(long = "stun", env = "BELLWIRE_STUN", value_delimiter = ',')]
    stun: Vec<String>,
    #[command(flatten)]
    group_engine: GroupEngineOptions,
    /// REST base that discovery names, as BACKEND=URL, prefix included (may be repeated)
    #[arg(long, env = "BELLWIRE_PUBLIC_REST_BASE", value_delimiter = ',', value_parser = base)]
    public_rest_base: Vec<(Backend, String)>,
    /// Socket base that discovery names, as BACKEND=URL (may be repeated)
    #[arg(long, env = "BELLWIRE_PUBLIC_SOCKET_BASE", value_delimiter = ',', value_parser = base)]
    public_socket_base: Vec<(Backend, String)>,
    /// Days that ended calls and messages are kept; for ever when not given
    #[arg(long, env = "BELLWIRE_RETENTION_DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    retention_days: Option<u32>,
    /// Where /metrics is served, for Prometheus; nowhere when not given
    #[arg(long, env = "BELLWIRE_METRICS", value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// How log lines are written to standard error
    #[arg(long, env = "BELLWIRE_LOG_FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

fn only() -> String {
    let ids: Vec<_> = backends().iter().map(|info| info.backend.id()).collect();
    format!("Serve only these backends ({})", ids.join(", "))
}

/// What each backend declares: its listeners and its own settings.
#[derive(Clone, Debug)]
struct BackendOptions(BTreeMap<Backend, BackendConfig>);

impl Args for BackendOptions {
    fn augment_args(command: Command) -> Command {
        backends().iter().fold(command, |command, info| command.args(arguments(info)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arguments(info: &BackendInfo) -> Vec<Arg> {
    let address = |listener: &ListenerOption| {
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.port));
        let argument = Arg::new(listener.option)
            .long(listener.option)
            .env(listener.env)
            .value_name("ADDRESS")
            .value_parser(value_parser!(SocketAddr))
            .help(format!("{} [default: {usual}]", listener.help));
        match listener.alias {
            Some(alias) => argument.alias(alias),
            None => argument,
        }
    };
    let defaults = &info.defaults;
    let listeners = std::iter::once(&defaults.listener).chain(&defaults.socket_listener).map(address);
    let settings = defaults.settings.iter().map(|setting| {
        Arg::new(setting.option)
            .long(setting.option)
            .env(setting.env)
            .value_name("NUMBER")
            .value_parser(value_parser!(u32).range(i64::from(setting.least)..=i64::from(setting.most)))
            .help(format!("{} [default: {}]", setting.help, setting.default))
    });
    listeners.chain(settings).collect()
}

impl FromArgMatches for BackendOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let configs = backends().iter().map(|info| {
            let (defaults, mut config) = (&info.defaults, BackendConfig::new(&info.defaults));
            let given = |listener: &ListenerOption| matches.get_one::<SocketAddr>(listener.option).copied();
            config.listen = given(&defaults.listener).unwrap_or(config.listen);
            config.socket_listen = defaults.socket_listener.as_ref().and_then(given).or(config.socket_listen);
            for setting in defaults.settings {
                let units = matches.get_one::<u32>(setting.option).copied().unwrap_or(setting.default);
                config.settings.insert(setting.option, units * setting.unit);
            }
            (info.backend, config)
        });
        Ok(Self(configs.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `clinic=https://calls.example/clinic`; without a name it is the first backend's.
fn base(text: &str) -> Result<(Backend, String), String> {
    let (backend, url) = match text.split_once('=') {
        Some((id, url)) if !id.contains("://") => (backend(id)?, url),
        Some(_) | None => (backends()[0].backend, text),
    };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err("a base begins with http:// or https://".to_owned());
    }
    Ok((backend, url.trim_end_matches('/').to_owned()))
}

fn backend(id: &str) -> Result<Backend, String> {
    Backend::parse(id.trim()).ok_or_else(|| format!("there is no backend {id}"))
}

const USUAL_DATABASE: &str = "bellwire.db";

impl Options {
    /// Reads the arguments, with what the configuration file says as defaults. Wrong ones, and `--help`,
    /// end the program.
    pub(crate) fn read(arguments: Vec<OsString>) -> anyhow::Result<Self> {
        let mut command = Self::command();
        if let Some(file) = config_file::named_in(&arguments) {
            command = config_file::with_defaults(command, &file)?;
        }
        Ok(Self::from_arg_matches(&command.get_matches_from(arguments))?)
    }

    /// The file that commands work on.
    pub(crate) fn database_file(&self) -> &Path {
        self.database.as_deref().unwrap_or(Path::new(USUAL_DATABASE))
    }

    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let database = match (&self.database, self.demo) {
            (Some(path), _) => Database::File(path.clone()),
            (None, true) => Database::Memory,
            (None, false) => Database::File(PathBuf::from(USUAL_DATABASE)),
        };
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let of = |given, file, name| secret(given, file, name, credentials.as_deref());
        let jwt_secret = of(self.jwt_secret.as_ref(), self.jwt_secret_file.as_ref(), "jwt-secret")?;
        let (turn, external_relays) = self.turn.config(self.demo, credentials.as_deref())?;
        if jwt_secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            anyhow::bail!("the JWT secret must have at least 32 characters");
        }
        Ok(Config {
            database,
            jwt_secret,
            mode: if self.compat { Mode::Compat } else { Mode::Strict },
            turn,
            external_relays,
            stun_urls: self.stun.clone(),
            group_engine: self.group_engine.config(credentials.as_deref())?,
            demo_data: self.demo,
            connections: self.connections(),
            limits: self.limits.config(),
            retention: self.retention_days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)),
            metrics: self.metrics,
            tls: self.tls.config()?,
            behind_proxy: self.behind_proxy,
            allowed_origins: self.allow_origin.clone(),
            ..Config::serving(self.backends()?)
        })
    }

    fn backends(&self) -> anyhow::Result<BTreeMap<Backend, BackendConfig>> {
        let only = self.only.iter().map(|id| backend(id).map_err(anyhow::Error::msg));
        let only = only.collect::<anyhow::Result<Vec<_>>>()?;
        let mut configs = self.backends.0.clone();
        configs.retain(|backend, _| only.is_empty() || only.contains(backend));
        for (backend, config) in &mut configs {
            if let Some(seconds) = self.ring_timeout {
                config.ring_timeout = Duration::from_secs(seconds);
            }
            if let Some(count) = self.request_limit {
                config.request_limit = count;
            }
            // The last one given counts.
            let last = |bases: &[(Backend, String)]| {
                let mut theirs = bases.iter().filter(|(of, _)| of == backend);
                theirs.next_back().map(|(_, url)| url.clone())
            };
            config.public.rest = last(&self.public_rest_base);
            config.public.socket = last(&self.public_socket_base);
        }
        Ok(configs)
    }

    fn connections(&self) -> ConnectionLimits {
        let usual =
            if self.behind_proxy { ConnectionLimits::behind_proxy() } else { ConnectionLimits::default() };
        let count = |count: u32| usize::try_from(count).ok().filter(|count| *count > 0);
        ConnectionLimits {
            per_address: self.connections_per_address.map_or(usual.per_address, count),
            per_listener: self.connections.and_then(count),
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwire_server::Limits;
    use clap::CommandFactory;

    use super::*;

    fn config(arguments: &[&str]) -> anyhow::Result<Config> {
        Options::try_parse_from(std::iter::once(&"bellwire-server").chain(arguments))?.config()
    }

    fn of<'a>(config: &'a Config, id: &str) -> Option<&'a BackendConfig> {
        config.backends.get(&Backend::parse(id)?)
    }

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Options::command().debug_assert();
    }

    #[test]
    fn all_backends_are_served_unless_some_are_named() {
        assert_eq!(config(&[]).expect("a configuration").backends, Config::default().backends);

        let some =
            config(&["--only", "clinic,storefront", "--rest", "127.0.0.1:1"]).expect("a configuration");

        let listeners = of(&some, "storefront").expect("named");
        let socket = listeners.socket_listen.expect("its own");
        assert_eq!((listeners.listen.port(), socket.port()), (1, 4000));
        assert!(of(&some, "clinic").is_some() && of(&some, "hearth").is_none());
        assert!(config(&["--only", "telegraph"]).is_err());
    }

    #[test]
    fn public_bases_are_given_by_name_or_are_those_of_storefront() {
        let bases = ["--public-rest-base", "clinic=https://c.example/,https://s.example/api/v2"];

        let config_of = config(&bases).expect("a configuration");

        let rest = |id| of(&config_of, id).and_then(|backend| backend.public.rest.as_deref());
        assert_eq!(rest("clinic"), Some("https://c.example"));
        assert_eq!(rest("storefront"), Some("https://s.example/api/v2"));
        assert!(config(&["--public-rest-base", "clinic=c.example"]).is_err());
    }

    #[test]
    fn times_and_limits_are_the_documented_ones_unless_given() {
        let usual = config(&[]).expect("a configuration");
        let seconds = |id| of(&usual, id).map(|backend| backend.ring_timeout.as_secs());
        assert_eq!(["storefront", "dealerdesk", "hearth"].map(seconds), [Some(45), Some(30), Some(60)]);
        let settings = of(&usual, "hearth").map(|hearth| hearth.settings.clone());
        let documented = [("call-timeout-minutes", 3600), ("max-call-participants", 8)];
        assert_eq!(settings, Some(documented.into()));

        assert_eq!(usual.limits, Limits::default());
        let given = ["--events-per-second", "7", "--sockets-per-account", "3"];
        let given = config(&given).expect("a configuration").limits;
        assert_eq!(given, Limits { events_per_second: 7, sockets_per_account: 3, ..Limits::default() });
        assert!(config(&["--event-burst", "0"]).is_err());

        let given = ["--connections", "90", "--connections-per-address", "0"];
        let given = config(&given).expect("a configuration").connections;
        assert_eq!((given.per_listener, given.per_address), (Some(90), None));
        assert_eq!(usual.connections, ConnectionLimits::default());
        let behind = config(&["--behind-proxy"]).expect("a configuration").connections;
        assert_eq!(behind, ConnectionLimits::behind_proxy());

        let given = ["--ring-timeout", "20", "--request-limit", "7", "--max-call-participants", "3"];
        let given = config(&given).expect("a configuration");
        assert!(given.backends.values().all(|it| (it.ring_timeout.as_secs(), it.request_limit) == (20, 7)));
        assert_eq!(of(&given, "hearth").and_then(|it| it.settings.get("max-call-participants")), Some(&3));
    }
}
