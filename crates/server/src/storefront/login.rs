//! Sign-in and sign-out.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use bellwire_dialects::storefront::wire::{Avatar, LoginBody, LoginReply, LoginUser, UserType};
use bellwire_dialects::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
use tracing::debug;

use super::current_user;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::{Created, Done, done};
use crate::request::{Body, ClientIp, network};
use crate::storefront::defaults::BACKEND;
use crate::storefront::state::{Claims, Shared};

type Goodbye = Result<(CookieJar, Json<Done>), ApiError>;
type Reply = Result<Created<(CookieJar, Json<LoginReply>)>, ApiError>;

pub(super) async fn customer(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    jar: CookieJar,
    Body(body): Body<LoginBody>,
) -> Reply {
    login(state, from, jar, body, UserType::Customer).await
}

pub(super) async fn seller(
    State(state): State<Shared>,
    ClientIp(from): ClientIp,
    jar: CookieJar,
    Body(body): Body<LoginBody>,
) -> Reply {
    login(state, from, jar, body, UserType::Seller).await
}

pub(super) async fn logout_customer(State(state): State<Shared>, parts: Parts, jar: CookieJar) -> Goodbye {
    logout(&state, &parts, jar, UserType::Customer).await
}

pub(super) async fn logout_seller(State(state): State<Shared>, parts: Parts, jar: CookieJar) -> Goodbye {
    logout(&state, &parts, jar, UserType::Seller).await
}

async fn login(state: Shared, from: IpAddr, jar: CookieJar, body: LoginBody, role: UserType) -> Reply {
    if body.email.is_empty()
        || body.password.is_empty()
        || body.email.len() > MAX_EMAIL_BYTES
        || body.password.len() > MAX_PASSWORD_BYTES
    {
        return Err(ApiError::bad_request("Please provide the correct information"));
    }
    let email = body.email.trim().to_lowercase();
    state
        .logins
        .check(&(network(from), email.clone()))
        .map_err(|wait| ApiError::too_many("Too many attempts, please wait a moment", wait))?;
    // One count for both doors: a customer's door looks at a shop's password too.
    let attempt = state
        .context
        .sign_ins
        .begin(BACKEND, from, &email)
        .map_err(|wait| ApiError::too_many("Too many attempts, please wait a moment", wait))?;

    let account = state.store.account_by_email(role, &email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let good = attempt.verify(&state.context.passwords, &body.password, hash).await?;
    let Some(account) = account.filter(|_| good) else {
        debug!(role = role.as_str(), "Sign-in refused");
        if role == UserType::Customer {
            shop_owner(&state, &email, &body.password).await?;
        }
        // One message for both, so that it does not show which accounts exist.
        return Err(ApiError::bad_request("Unknown user or wrong password"));
    };

    let token = state
        .tokens
        .issue(&Claims { id: account.id.clone(), role }, Millis::now())
        .ok_or_else(ApiError::internal)?;
    let jar = jar.add(cookie(&state, role, token.clone()));
    let user = LoginUser {
        id: account.id,
        name: Some(account.name),
        email: Some(account.email),
        avatar: account.avatar.map(Avatar::Address),
        role: Some(match role {
            UserType::Seller => "Seller".to_owned(),
            UserType::Customer => "user".to_owned(),
        }),
    };
    Ok(Created((jar, Json(LoginReply { success: true, user, token }))))
}

/// A shop's own password at the customers' door: says which door it is.
async fn shop_owner(state: &Shared, email: &str, password: &str) -> Result<(), ApiError> {
    let Some(shop) = state.store.account_by_email(UserType::Seller, email).await? else { return Ok(()) };
    if state.context.passwords.verify(BACKEND, password, Some(&shop.password_hash)).await? {
        return Err(ApiError::unauthorized("Supplier must use shop login"));
    }
    Ok(())
}

fn cookie(state: &Shared, role: UserType, token: String) -> Cookie<'static> {
    let life = i64::try_from(state.tokens.ttl().as_secs()).unwrap_or(i64::MAX);
    let public = state.context.config.backends.get(&BACKEND).map(|backend| &backend.public);
    // What browsers see counts, where the configuration says it.
    let public = public.and_then(|bases| bases.rest.as_deref());
    let secure = public.unwrap_or(state.context.config.scheme()).starts_with("https");
    // A web page of another site can only send cookies along that say so.
    let cross_site = secure && !state.context.config.allowed_origins.is_empty();
    Cookie::build((role.cookie(), token))
        .http_only(true)
        .path("/")
        .secure(secure)
        .same_site(if cross_site { SameSite::None } else { SameSite::Lax })
        .max_age(time::Duration::seconds(life))
        .build()
}

/// Signs the user of that role out, with cookie or bearer token; no session is needed to ask.
async fn logout(state: &Shared, parts: &Parts, jar: CookieJar, role: UserType) -> Goodbye {
    if let Ok(session) = current_user::session(parts, state, &[role])
        && session.claims.role == role
    {
        let kept = state.context.revoked.add(&session).await;
        state.hub.signed_out(session.jti).await;
        kept?;
    }
    let mut gone = cookie(state, role, String::new());
    gone.set_max_age(time::Duration::ZERO);
    Ok((jar.add(gone), done("Log out successful")))
}
