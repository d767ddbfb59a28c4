/// Fisher factors in another type, on another device, in another order, in several parts.
module Foof.Core.Tests.ChangedFactors

open Foof
open TorchSharp

/// The factor with every tensor changed.
let map (change: torch.Tensor -> torch.Tensor) (G: FisherFactor) =
    let rec ofLayer factor =
        match factor with
        | LayerFactor.Product(activations, E) -> LayerFactor.Product(Activations.map change activations, change E)
        | LayerFactor.Columns P -> LayerFactor.Columns(change P)
        | LayerFactor.Weighted(inner, S) -> LayerFactor.Weighted(ofLayer inner, change S)

    {
        G with
            Parts = G.Parts |> Array.map (fun part -> { part with Layers = Array.map ofLayer part.Layers })
    }

/// The tensor in float32; indices stay whole numbers.
let single32 (x: torch.Tensor) = if x.is_floating_point () then x.``to`` torch.ScalarType.Float32 else x.alias ()

let private ofPoints (change: int64 -> int64 array) (part: FisherColumns) =
    let select (dim: int64) (index: int64 array) (x: torch.Tensor) = x.index_select (dim, torch.tensor index)

    let ofLayer factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let n = Activations.dataPoints activations
            let points = change n

            let columns = [|
                for c in 0L .. E.size 1 / n - 1L do
                    yield! points |> Array.map (fun i -> c * n + i)
            |]

            let activations =
                match activations with
                | Activations.Rows(A, _) -> Activations.rows (select 1L points A)
                | Activations.Indices(index, count) -> Activations.Indices(select 0L points index, count)

            LayerFactor.Product(activations, select 1L columns E)
        | _ -> invalidArg (nameof factor) "only products have data points"

    { part with Layers = Array.map ofLayer part.Layers }

/// Products with the data points in reverse order.
let permuted (G: FisherFactor) = {
    G with
        Parts = G.Parts |> Array.map (ofPoints (fun n -> Array.init (int n) (fun i -> n - 1L - int64 i)))
}

/// One part's products as two joined parts, of the first `count` data points and of the others; each part is
/// a mean over its own data points, scaled to its share.
let split (count: int64) (G: FisherFactor) =
    let part = G.Parts[0]

    let n =
        match part.Layers[0] with
        | LayerFactor.Product(activations, _) -> Activations.dataPoints activations
        | _ -> invalidArg (nameof G) "only products have data points"

    let share points =
        let own = ofPoints (fun _ -> points) { part with Weight = part.Weight * float n / float points.Length }

        FisherFactor.ofColumns own |> FisherFactor.scale (float points.Length / float n)

    FisherFactor.join [| share [| 0L .. count - 1L |]; share [| count .. n - 1L |] |]
