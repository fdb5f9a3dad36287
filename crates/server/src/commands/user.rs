//! `bellwire-server user ...`

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use anyhow::{Context, bail};
use bellwire_server::{Admin, Backend, NewPerson, Password, Removal};
use clap::{Args, Subcommand};

use super::{backend, complain, say};

#[derive(Debug, Subcommand)]
pub(crate) enum Order {
    /// Add an account
    Add {
        #[arg(long, value_parser = backend)]
        backend: Backend,
        /// What the account is, as its backend calls it: seller, technician, patient ...
        #[arg(long)]
        role: String,
        #[arg(long)]
        email: String,
        /// Whole name, where the backend has one
        #[arg(long)]
        name: Option<String>,
        /// Where the backend has two names
        #[arg(long)]
        first_name: Option<String>,
        #[arg(long)]
        last_name: Option<String>,
        #[arg(long)]
        phone: Option<String>,
        /// Address of a picture
        #[arg(long)]
        avatar: Option<String>,
        /// Signs in by address alone, where the backend has that
        #[arg(long)]
        passwordless: bool,
        /// Has to choose a password at the first sign-in, where the backend has that
        #[arg(long)]
        must_change_password: bool,
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// List accounts by address
    List {
        #[arg(long, value_parser = backend)]
        backend: Backend,
        #[arg(long)]
        role: Option<String>,
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Give an account another password and end its sessions
    Passwd {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// End an account's sessions and refuse it from now on
    Disable {
        #[command(flatten)]
        who: Who,
    },
    /// Undo disable
    Enable {
        #[command(flatten)]
        who: Who,
    },
    /// Take an account away; records that name it stay, without its address
    Remove {
        #[command(flatten)]
        who: Who,
        /// Also take name, messages and notes out of the records, for good
        #[arg(long)]
        erase: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    #[arg(long, value_parser = backend)]
    backend: Backend,
    /// Needed only where an address has accounts in several roles
    #[arg(long)]
    role: Option<String>,
    #[arg(long)]
    email: String,
}

/// Where a password comes from; asked for when nothing is said. Never an argument: others see those.
#[derive(Debug, Args)]
pub(crate) struct PasswordOptions {
    /// Read the password from the first line of a file, - for standard input
    #[arg(long, conflicts_with = "generate_password")]
    password_file: Option<PathBuf>,
    /// Make a password up and print it once
    #[arg(long)]
    generate_password: bool,
}

impl PasswordOptions {
    fn get(&self) -> anyhow::Result<Password> {
        if self.generate_password {
            return Ok(Password::generate());
        }
        if let Some(path) = &self.password_file {
            let mut text = String::new();
            if path.as_os_str() == "-" {
                std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text)
            } else {
                std::fs::File::open(path).and_then(|file| file.take(64 * 1024).read_to_string(&mut text))
            }
            .with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(Password::Plain(text.lines().next().unwrap_or_default().to_owned()));
        }
        if !std::io::stdin().is_terminal() {
            bail!("there is no terminal to ask at: use --password-file or --generate-password");
        }
        let password = rpassword::prompt_password("Password: ")?;
        if password != rpassword::prompt_password("The same again: ")? {
            bail!("these are two passwords");
        }
        Ok(Password::Plain(password))
    }

    /// Prints a password that was made up.
    fn show(&self, password: &Password) -> anyhow::Result<()> {
        match password {
            Password::Plain(text) if self.generate_password => say(&format!("password: {text}")),
            Password::Plain(_) | Password::Hash(_) | Password::None => Ok(()),
        }
    }
}

impl Order {
    pub(super) async fn carry_out(self, admin: &Admin) -> anyhow::Result<()> {
        match self {
            Self::Add {
                backend,
                role,
                email,
                name,
                first_name,
                last_name,
                phone,
                avatar,
                passwordless,
                must_change_password,
                password: options,
            } => {
                let more = [("phone", phone), ("avatar", avatar)];
                let more = more.into_iter().filter_map(|(field, text)| Some((field.to_owned(), text?)));
                let flags = [("passwordless", passwordless), ("must_change_password", must_change_password)];
                let flags = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag.to_owned());
                let without = passwordless && options.password_file.is_none() && !options.generate_password;
                let password = if without { Password::None } else { options.get()? };
                let person = NewPerson {
                    role: role.clone(),
                    email: email.clone(),
                    name,
                    first_name,
                    last_name,
                    more: more.collect(),
                    flags: flags.collect(),
                };
                let id = admin.add(backend, person, &password).await.map_err(complain)?;
                say(&format!("added {role} {email} ({id})"))?;
                options.show(&password)
            }
            Self::List { backend, role, json } => {
                let rows = admin.list(backend, role.as_deref()).await.map_err(complain)?;
                if json {
                    return say(&serde_json::to_string_pretty(&rows)?);
                }
                for row in rows {
                    let mark = if row.disabled { "disabled" } else { "" };
                    let line =
                        format!("{:13} {:36} {:40} {mark:8} {}", row.role, row.id, row.email, row.name);
                    say(line.trim_end())?;
                }
                Ok(())
            }
            Self::Passwd { who, password: options } => {
                let password = options.get()?;
                let Who { backend, role, email } = who;
                admin.set_password(backend, role.as_deref(), &email, &password).await.map_err(complain)?;
                say(&format!("{email} has a new password; sessions of the old one are over"))?;
                options.show(&password)
            }
            Self::Disable { who } => set_disabled(admin, who, true).await,
            Self::Enable { who } => set_disabled(admin, who, false).await,
            Self::Remove { who: Who { backend, role, email }, erase } => {
                match admin.remove(backend, role.as_deref(), &email, erase).await.map_err(complain)? {
                    Removal::Deleted => say(&format!("{email} is removed")),
                    Removal::Kept if erase => {
                        say(&format!("{email} is removed; calls stay as those of a removed user"))
                    }
                    Removal::Kept => say(&format!("{email} is removed; records keep the name")),
                }
            }
        }
    }
}

async fn set_disabled(admin: &Admin, who: Who, disabled: bool) -> anyhow::Result<()> {
    let Who { backend, role, email } = who;
    let changed = admin.set_disabled(backend, role.as_deref(), &email, disabled).await.map_err(complain)?;
    let word = if disabled { "disabled" } else { "enabled" };
    say(&if changed { format!("{email} is {word}") } else { format!("{email} was {word} already") })
}
