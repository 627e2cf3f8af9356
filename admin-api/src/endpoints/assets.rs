//! Assets.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use utoipa_axum::routes;

use super::by_name;
use crate::app::Api;
use crate::caller::Caller;
use crate::dto::{self, PageQuery};
use crate::input::Params;
use crate::problem::ApiError;
use crate::routes::Routes;
use crate::show;

pub(super) fn routes() -> Routes {
    Routes::group("plant").allow(Action::ListAssets, routes!(list_assets))
}

/// Assets, by name: those that a vendor may ask for, those in zones that an
/// approver or operator answers for, or all.
#[utoipa::path(
    get,
    path = "/v1/assets",
    params(PageQuery),
    responses((status = 200, description = "A page of those that the caller sees", body = dto::Page<dto::Asset>)),
)]
async fn list_assets(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<dto::Page<dto::Asset>>, ApiError> {
    let assets = api.store.assets(&caller.scope()).await?;
    let plant = api.store.plant().await?;
    let shown = plant.iter().flat_map(|plant| {
        let assets = assets.iter();
        assets.filter_map(|asset| show::asset(&caller, plant, asset))
    });
    Ok(Json(by_name(shown, query, |asset| &asset.name)?))
}
