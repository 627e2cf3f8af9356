//! The people's side of Drawbridge: REST, and the OpenAPI document that is made
//! from it.
//!
//! Every route is declared with the [`domain::Action`] that it stands for, in
//! `routes`: without one it can't be. Each group of endpoints has its file in
//! `endpoints`; what a person may not know is a 404 there. Rules are the
//! domain's and are applied by the store; here they only become HTTP, in
//! `problem`.

mod anchors;
mod app;
mod caller;
mod cookie;
pub mod dto;
mod endpoints;
mod evidence;
mod frame;
mod hashing;
mod idle;
mod indexes;
mod input;
pub mod page;
mod pages;
pub mod password;
mod places;
mod presence;
mod problem;
mod pulse;
mod routes;
mod show;
mod terminals;

#[cfg(test)]
mod tests;

use axum::Router;

pub use anchors::{AnchorBoard, AnchorPlace, Failing, SigningBoard};
use app::Api;
pub use app::{ApiSettings, App};
pub use terminals::{Line, NoLine, Shown, Terminals, Typed, Visit};

/// The API, to be served over TLS with
/// [`into_make_service_with_connect_info`](Router::into_make_service_with_connect_info)
/// over `SocketAddr`: who calls is known by the connection, never by a header.
pub fn router(app: App) -> Router {
    let api = Api::new(app);
    let router = endpoints::all().into_router(&api).fallback(pages::serve);
    frame::around(router.with_state(api.clone()), api)
}

/// The OpenAPI 3.1 document of [`router`].
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    endpoints::all().into_openapi()
}
