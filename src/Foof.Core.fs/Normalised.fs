namespace Foof

open TorchSharp
open TorchSharp.Modules

/// How a normalisation layer makes x_hat, which its weight scales and its bias shifts.
[<RequireQualifiedAccess; NoComparison>]
type Normalisation =
    /// Every position for itself, over its last dimensions: a layer norm. Their elements are the units.
    | Last of shape: int64 array * eps: float
    /// Every channel, over data points and positions: a batch norm. The channels are the units.
    | Channels of BatchNorm

/// The inputs of the scale and shift of normalisation layers.
[<RequireQualifiedAccess>]
module Normalised =

    /// What a tensor would have to be, where it has not these units.
    let internal misfit (normalisation: Normalisation) (units: int64) (tensor: torch.Tensor) =
        match normalisation with
        | Normalisation.Last(shape, _) -> Fit.last shape tensor
        | Normalisation.Channels _ -> Fit.second units tensor

    let private standard
        (x: torch.Tensor)
        (mean: torch.Tensor)
        (variance: torch.Tensor -> torch.Tensor)
        (eps: float)
        =
        let centred = x - mean
        centred * (variance centred + eps).rsqrt()

    /// By mean and variance over `axes` of the input itself.
    let private overOwn (axes: int64 array) (x: torch.Tensor) =
        let mean (values: torch.Tensor) = values.mean (axes, keepdim = true)
        standard x (mean x) (fun centred -> mean (centred.square ()))

    /// x_hat = (x - mean) / sqrt(variance + eps), of x's shape. A batch norm in training mode takes mean and
    /// variance of exactly this batch, else the running ones.
    let input (normalisation: Normalisation) (x: torch.Tensor) =
        let rank = x.dim ()

        Scope.tensor (fun () ->
            match normalisation with
            | Normalisation.Last(shape, eps) -> overOwn [| rank - int64 shape.Length .. rank - 1L |] x eps
            | Normalisation.Channels norm when norm.training || isNull norm.running_mean ->
                overOwn [| 0L; yield! [| 2L .. rank - 1L |] |] x norm.eps
            | Normalisation.Channels norm ->
                let ofChannels (values: torch.Tensor) =
                    values.view [| -1L; yield! Array.create (int rank - 2) 1L |]

                standard x (ofChannels norm.running_mean) (fun _ -> ofChannels norm.running_var) norm.eps)

    /// [n; ...; shape...] or [n; d; ...] -> [d; n; R; 1], a view where that is possible.
    let private unitsFirst normalisation (x: torch.Tensor) =
        match normalisation with
        | Normalisation.Last(shape, _) ->
            x.flatten(int64 -shape.Length).unsqueeze(1L).flatten(1L, -2L).permute(2L, 0L, 1L)
        | Normalisation.Channels _ -> x.unsqueeze(-1L).flatten(2L).transpose(0L, 1L)
        |> _.unsqueeze(3L)

    /// x_hat as rows A of one group a unit, with a last column of ones where `withOnes`.
    ///
    /// Shapes: x [n; ...] -> A [d; n; R; 1 (+ 1)].
    let rows (normalisation: Normalisation) (withOnes: bool) (x: torch.Tensor) =
        Scope.tensor (fun () ->
            let units = input normalisation x |> unitsFirst normalisation

            if withOnes then
                BiasColumn.beside 1 units
            else
                units.contiguous ())

    /// A derivative with respect to the layer's output as rows E, in the order of `rows`.
    ///
    /// Shapes: gradient [n; ...] -> E [d; n; R; 1].
    let errors (normalisation: Normalisation) (gradient: torch.Tensor) =
        Scope.tensor (fun () -> (unitsFirst normalisation gradient).contiguous())
