//! Encoder of figures: how a call goes, and with whom a connection is bad.

use bellwire_call::{CallReport, PathIssue, PersonId, Quality};
use serde_json::{Map, Value};

use super::Hearth;
use super::wire::{CONNECTION_FAILED, CONNECTION_LOST, ConnectionIssue, QualityReport, name};
use crate::events::emit_perishable;
use crate::{EncodeError, Outbound};

impl Hearth {
    pub(super) fn report_of(
        &mut self,
        session: &str,
        report: &CallReport,
    ) -> Result<Vec<Outbound>, EncodeError> {
        let session_id = session.to_owned();
        let said = match report {
            CallReport::Quality { worst, members } => {
                let quality_data = figures(*worst, members)?;
                emit_perishable(name::CALL_QUALITY_REPORT, &QualityReport { session_id, quality_data })
            }
            CallReport::PathIssue { member, issue } => {
                let issue_type = match issue {
                    PathIssue::Lost => CONNECTION_LOST,
                    PathIssue::Failed => CONNECTION_FAILED,
                };
                let body = ConnectionIssue {
                    session_id,
                    issue_type: issue_type.to_owned(),
                    description: String::new(),
                    target_user_id: Some(member.0.clone()),
                };
                emit_perishable(name::CONNECTION_ISSUE, &body)
            }
        };
        self.in_room(session, vec![said])
    }
}

/// Those of the worst connection, as ever, and beside them those of each member.
fn figures(worst: Quality, members: &[(PersonId, Quality)]) -> Result<Value, EncodeError> {
    let fields = |quality: Quality| match serde_json::to_value(quality) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) | Err(_) => Err(EncodeError::NoWords),
    };
    let each = |(person, quality): &(PersonId, Quality)| {
        let mut member = Map::from_iter([("userId".to_owned(), Value::String(person.0.clone()))]);
        member.extend(fields(*quality)?);
        Ok(Value::Object(member))
    };
    let mut all = fields(worst)?;
    let members = members.iter().map(each).collect::<Result<Vec<_>, EncodeError>>()?;
    if !members.is_empty() {
        all.insert("members".to_owned(), Value::Array(members));
    }
    Ok(Value::Object(all))
}
