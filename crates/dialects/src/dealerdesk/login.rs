//! Sign-in: the endpoint, and the identity that the reply names.

use bellwire_call::{Person, PersonId};
use serde_json::{Value, json};

use super::wire::{Account, UserType};
use crate::{Credentials, Identity, LoginError, LoginStep, Method, RestCall, limits, rest};

pub(super) fn request(typed: &Credentials) -> Result<RestCall, LoginError> {
    let path = match parse_role(&typed.role)? {
        UserType::Dealer => "/api/dealers/login",
        UserType::Technician => "/api/technicians/login",
    };
    let mut body = json!({ "email": typed.email.trim() });
    // The deployed technicians have none, and their service may refuse what it does not know.
    if !typed.password.is_empty() {
        body["password"] = Value::String(typed.password.clone());
    }
    Ok(rest::send(Method::Post, path, body))
}

pub(super) fn parse(
    typed: &Credentials,
    _so_far: Option<&Identity>,
    status: u16,
    body: &Value,
) -> Result<LoginStep, LoginError> {
    let role = parse_role(&typed.role)?;
    rest::signed_in(status, body)?;
    if body.get("success").and_then(Value::as_bool) == Some(false) {
        return Err(rest::wrong_credentials(body));
    }
    let account = Account::find(body).ok_or(LoginError::NotThisBackend)?;
    let email = if account.email.is_empty() { typed.email.trim() } else { account.email.as_str() };
    if email.is_empty() || email.len() > limits::MAX_EMAIL_BYTES || email.contains(':') {
        return Err(LoginError::NotThisBackend);
    }
    let name = limits::shown(if account.name.is_empty() { email } else { &account.name });
    let token = body.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(LoginStep::Done(Identity {
        dialect: super::ENTRY.id.to_owned(),
        person: Person { id: PersonId(email.to_owned()), name, avatar: account.avatar },
        role: role.as_str().to_ascii_lowercase(),
        bearer: !token.is_empty(),
        token,
        cookie: None,
        refresh_token: None,
    }))
}

fn parse_role(role: &str) -> Result<UserType, LoginError> {
    UserType::parse(role).ok_or_else(|| LoginError::UnknownRole { role: role.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(role: &str, password: &str) -> Credentials {
        Credentials { role: role.into(), email: " tea@demo.example ".into(), password: password.into() }
    }

    fn parse(role: &str, status: u16, body: &Value) -> Result<Identity, LoginError> {
        match super::parse(&typed(role, ""), None, status, body)? {
            LoginStep::Done(identity) => Ok(identity),
            LoginStep::Then { .. } => panic!("one call is enough"),
        }
    }

    #[test]
    fn a_technician_needs_no_password_but_may_have_one() {
        let call = request(&typed("technician", "")).unwrap();
        assert_eq!((call.path.as_str(), call.method), ("/api/technicians/login", Method::Post));
        assert_eq!(call.body, Some(json!({ "email": "tea@demo.example" })));
        let call = request(&typed("TECHNICIAN", "secret")).unwrap();
        assert_eq!(call.body.unwrap()["password"], "secret");
        assert_eq!(request(&typed("dealer", "secret")).unwrap().path, "/api/dealers/login");
    }

    #[test]
    fn every_shape_of_a_reply_names_the_account() {
        for body in [
            json!({ "success": true, "token": "t", "dealer": { "email": "Dan@x.example", "name": "Dan" } }),
            json!({ "token": "t", "data": { "id": 7, "email": "Dan@x.example", "companyName": "Dan" } }),
            json!({ "token": "t", "id": 7, "email": "Dan@x.example", "firstName": "Dan" }),
        ] {
            let identity = parse("dealer", 200, &body).unwrap();
            assert_eq!(identity.person.id, PersonId("Dan@x.example".into()));
            assert_eq!((identity.person.name.as_str(), identity.bearer), ("Dan", true));
        }
        // As deployed: no token, and perhaps no address.
        let identity = parse("technician", 200, &json!({ "technician": { "name": "Tea" } })).unwrap();
        assert_eq!((identity.person.id.0.as_str(), identity.token.as_str()), ("tea@demo.example", ""));
        assert!(!identity.bearer);
    }

    #[test]
    fn refusals_are_told_in_the_backends_words() {
        let wrong = |message: &str| LoginError::WrongCredentials { message: message.into() };
        let body = json!({ "error": "Invalid credentials" });
        assert_eq!(parse("dealer", 401, &body).unwrap_err(), wrong("Invalid credentials"));
        let body = json!({ "success": false, "message": "No such dealer" });
        assert_eq!(parse("dealer", 200, &body).unwrap_err(), wrong("No such dealer"));
        assert_eq!(parse("dealer", 200, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse("dealer", 404, &json!("<html>")).unwrap_err(), LoginError::NotThisBackend);
        assert_eq!(parse("dealer", 429, &Value::Null).unwrap_err(), LoginError::RateLimited);
        assert!(matches!(parse("seller", 200, &Value::Null), Err(LoginError::UnknownRole { .. })));
        let nest =
            json!({ "statusCode": 404, "message": "Cannot POST /api/auth/login", "error": "Not Found" });
        assert_eq!(parse("dealer", 404, &nest).unwrap_err(), LoginError::NotThisBackend);
        let colon = json!({ "dealer": { "email": "a:b@x.example" } });
        assert_eq!(parse("dealer", 200, &colon).unwrap_err(), LoginError::NotThisBackend);
    }
}
