//! Errors of the engine's interface, one enum per operation. Each has a stable code that the UI translates.

/// Why no file was made of the calls.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("the calls could not be written as a table")]
    Csv(#[from] csv::Error),
    #[error("the calls could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Why a list of people or calls did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    #[error("not signed in to that account")]
    NoAccount,
    #[error("{0}")]
    Backend(#[from] bellwire_signaling::ReplyError),
    #[error(transparent)]
    Log(#[from] bellwire_call_log::LogError),
    #[error("no figures are kept for that account")]
    NoFigures,
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("the engine has stopped")]
    Stopped,
}

/// Why a call was not declined with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclineError {
    #[error("that call does not ring any more")]
    NotRinging,
    /// The backend has no messages, or none with that person.
    #[error("the caller cannot be written to")]
    NoMessages,
    #[error("the message was not sent: {0}")]
    NotSent(#[from] bellwire_signaling::SayError),
    #[error("the engine has stopped")]
    Stopped,
}

impl ListError {
    /// A stable name of what went wrong; the UI has the words for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::Backend(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::NoFigures => "no_figures",
            Self::Export(_) => "not_exported",
            Self::Stopped => "stopped",
        }
    }
}

impl DeclineError {
    /// A stable name of what went wrong; the UI has the words for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotRinging => "not_ringing",
            Self::NoMessages => "no_messages",
            Self::NotSent(_) => "message_not_sent",
            Self::Stopped => "stopped",
        }
    }
}
