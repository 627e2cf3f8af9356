//! How routes are declared. A route says which [`Action`] it stands for, or that
//! it is for anyone; [`Routes`] has no other way to take one in, and the router
//! is made of nothing else. Before a handler runs, its caller's role has been
//! checked against the action.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use domain::AccountName;
use domain::policy::{Action, may};
use tracing::Span;
use utoipa::PartialSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::Api;
use crate::caller::{Caller, Source, is_background};
use crate::cookie::Call;
use crate::dto::{FieldError, LiveGrant, Problem};
use crate::places::Place;
use crate::problem::ApiError;

/// Where all routes stand, but those of the log.
const BASE: &str = "/api";
/// Where the routes of the log stand, by a layout that is not ours.
const ROOT: &str = "";
const BEARER: &str = "bearer";

/// Who may come through.
#[derive(Clone, Copy, Debug)]
enum Access {
    Anyone,
    Allowed(Action),
}

struct Entry {
    base: &'static str,
    access: Access,
    tag: &'static str,
    declared: UtoipaMethodRouter<Api>,
}

/// Declared routes.
pub(crate) struct Routes {
    base: &'static str,
    tag: &'static str,
    entries: Vec<Entry>,
}

impl Routes {
    /// A group of routes, under its name in the API's description.
    pub(crate) fn group(tag: &'static str) -> Self {
        Self {
            base: BASE,
            tag,
            entries: Vec::new(),
        }
    }

    /// As [`Routes::group`], of routes that do not stand under `/api`.
    pub(crate) fn group_at_root(tag: &'static str) -> Self {
        Self {
            base: ROOT,
            ..Self::group(tag)
        }
    }

    /// A route for those whose role may do `action`.
    pub(crate) fn allow(self, action: Action, declared: UtoipaMethodRouter<Api>) -> Self {
        self.entry(Access::Allowed(action), declared)
    }

    /// A route for anyone, without a login.
    pub(crate) fn anyone(self, declared: UtoipaMethodRouter<Api>) -> Self {
        self.entry(Access::Anyone, declared)
    }

    pub(crate) fn and(mut self, others: Self) -> Self {
        self.entries.extend(others.entries);
        self
    }

    fn entry(mut self, access: Access, declared: UtoipaMethodRouter<Api>) -> Self {
        self.entries.push(Entry {
            base: self.base,
            access,
            tag: self.tag,
            declared,
        });
        self
    }

    pub(crate) fn into_router(self, api: &Api) -> Router<Api> {
        let guarded = |routes: MethodRouter<Api>, access, route| {
            let gate = Gate {
                api: api.clone(),
                access,
                route,
            };
            routes.route_layer(from_fn_with_state(gate, pass))
        };
        self.assemble(guarded).into()
    }

    pub(crate) fn into_openapi(self) -> OpenApi {
        let mut document = self.assemble(|routes, _, _| routes).into_openapi();
        let paths = std::mem::take(&mut document.paths.paths);
        // The star, which lets a parameter have slashes, is the router's word.
        let named = paths
            .into_iter()
            .map(|(path, item)| (path.replace("{*", "{"), item));
        document.paths.paths = named.collect();
        document
    }

    fn assemble(
        self,
        guarded: impl Fn(MethodRouter<Api>, Access, String) -> MethodRouter<Api>,
    ) -> OpenApiRouter<Api> {
        let mut api = OpenApiRouter::default();
        let mut root = OpenApiRouter::default();
        for entry in self.entries {
            let Entry {
                base,
                access,
                tag,
                declared: (schemas, mut paths, mut methods),
            } = entry;
            for (path, item) in &mut paths.paths {
                methods = guarded(methods, access, format!("{base}{path}"));
                operations(item).for_each(|operation| describe(operation, access, tag));
            }
            let routes = (schemas, paths, methods);
            if base == ROOT {
                root = root.routes(routes);
            } else {
                api = api.routes(routes);
            }
        }
        OpenApiRouter::with_openapi(description())
            .nest(BASE, api)
            .merge(root)
    }
}

#[derive(Clone)]
struct Gate {
    api: Api,
    access: Access,
    route: String,
}

async fn pass(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let span = Span::current();
    // The route, not the path: a secret pasted into an address is not logged.
    span.record("http.route", &gate.route);
    let mut place = None;
    if let Access::Allowed(action) = gate.access {
        let Source(source) = Source::of(request.extensions())?;
        let call = Call {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
        };
        let caller = Caller::authenticate(&gate.api, &call, source).await?;
        span.record("account", caller.account.name.as_str());
        let role = caller.account.role;
        if !may(role, action) {
            return Err(ApiError::not_allowed(format!(
                "Your role, {role}, does not allow this ({action}), and nothing was changed. \
                 Somebody with another role must do it."
            )));
        }
        place = Some(call_place(&gate.api, action, &caller)?);
        let streams = matches!(action, Action::Listen | Action::WatchSession);
        if !streams && !is_background(request.headers()) {
            caller.mark_used(&gate.api);
        }
        request.extensions_mut().insert(caller);
    }
    // Until the answer begins: what streams has places of its own.
    let response = next.run(request).await;
    drop(place);
    Ok(response)
}

fn call_place(api: &Api, action: Action, caller: &Caller) -> Result<Place<AccountName>, ApiError> {
    let stops = matches!(
        action,
        Action::EndSession | Action::PauseInput | Action::RevokeGrant | Action::CloseConduit
    );
    let places = if stops { &api.stops } else { &api.calls };
    places.take(caller.account.name.clone()).ok_or_else(|| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_calls",
            "Your account has too many calls under way, and this one was not begun. Wait for one \
             of them to be answered, then try again; if you did not make them, change your \
             password.",
        )
    })
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// What every operation has in common.
fn describe(operation: &mut Operation, access: Access, tag: &str) {
    operation.tags = Some(vec![tag.to_owned()]);
    let problem = ResponseBuilder::new()
        .description("Why it was not done")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        );
    let responses = &mut operation.responses.responses;
    responses.insert("default".to_owned(), problem.build().into());
    if let Access::Allowed(action) = access {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(
            BEARER,
            [],
        )]);
        operation.extensions = Some(
            ExtensionsBuilder::new()
                .add("x-action", action.as_str())
                .build(),
        );
    }
}

fn description() -> OpenApi {
    let mut info = Info::new("Drawbridge", "1");
    info.description = Some(
        "Just-in-time vendor remote access for plants. `x-action` is what a route stands for; \
         which role may do it is one table in the program. Errors are problems (RFC 9457), with \
         a stable `code` for programs."
            .to_owned(),
    );
    let mut components = Components::new();
    let schemas = [
        ("Problem", Problem::schema()),
        ("FieldError", FieldError::schema()),
        ("LiveGrant", LiveGrant::schema()),
    ];
    components
        .schemas
        .extend(schemas.map(|(name, schema)| (name.to_owned(), schema)));
    components.add_security_scheme(
        BEARER,
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build()
}
