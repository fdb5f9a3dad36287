//! One line of the list of conversations, whose shape is in no document.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Message, PersonRef, User};
use crate::lenient;
#[cfg(feature = "schema")]
use crate::schema::written;

/// One line of `GET /messages/conversations`. Deployments differ in how they call the other one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["conversationId", "user", "lastMessage"])))]
#[serde(rename_all = "camelCase")]
pub struct ConversationRow {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub conversation_id: Option<String>,
    #[serde(
        rename = "_id",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    #[cfg_attr(feature = "schema", schemars(transform = written(["isOnline", "status"])))]
    pub user: Option<User>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub other_user: Option<User>,
    /// Without those whose account was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "people")]
    pub participants: Option<Vec<User>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    #[cfg_attr(feature = "schema", schemars(with = "Message"))]
    pub last_message: Option<Last>,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "u32"))]
    pub unread_count: Unread,
}

/// Some deployments leave them as ids.
fn people<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<User>>, D::Error> {
    let Value::Array(people) = Value::deserialize(from)? else { return Ok(None) };
    let people = people.into_iter().filter_map(|person| PersonRef::deserialize(person).ok());
    Ok(Some(people.map(PersonRef::into_user).filter(|user| !user.id().is_empty()).collect()))
}

/// Messages not read yet: of the one who asks, or as deployed of each of the two by their ids.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Unread {
    Mine(u32),
    Each(BTreeMap<String, Value>),
}

impl Default for Unread {
    fn default() -> Self {
        Self::Mine(0)
    }
}

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::Object(each) => Self::Each(each.into_iter().collect()),
            value
            @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                Self::Mine(lenient::as_count(&value).unwrap_or(0))
            }
        })
    }
}

impl Unread {
    /// What is unread for that person.
    #[must_use]
    pub fn of(&self, me: &str) -> u32 {
        match self {
            Self::Mine(count) => *count,
            Self::Each(each) => each.get(me).and_then(lenient::as_count).unwrap_or(0),
        }
    }
}

/// The newest message of a conversation, or what a deployment shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Last {
    Message(Box<Message>),
    Text(String),
    Unknown(Value),
}

impl ConversationRow {
    /// Who the conversation is with.
    #[must_use]
    pub fn other(&self, me: &str) -> Option<&User> {
        let listed = self.participants.iter().flatten().find(|user| user.id() != me);
        self.user.as_ref().or(self.other_user.as_ref()).or(listed)
    }
}
