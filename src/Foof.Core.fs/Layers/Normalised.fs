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
    /// Every data point for itself, over positions and the channels of each of so many groups: a group norm. The channels
    /// are the units.
    | Groups of count: int64 * eps: float
    /// Every data point and channel for itself, over positions: an instance norm. The channels are the units.
    | Instances of InstanceNorm

/// The inputs of the scale and shift of normalisation layers.
[<RequireQualifiedAccess>]
module Normalised =

    /// What a tensor would have to be, where it has not these units.
    let internal misfit (normalisation: Normalisation) (units: int64) (tensor: torch.Tensor) =
        match normalisation with
        | Normalisation.Last(shape, _) -> Fit.last shape tensor
        | _ -> Fit.second units tensor

    /// x - mean and 1 / sqrt(variance + eps), with mean and variance over `axes` of the input itself.
    let private overOwn (axes: int64 array) (x: torch.Tensor) (eps: float) =
        let mean (values: torch.Tensor) = values.mean (axes, keepdim = true)
        let centred = x - mean x
        struct (centred, (mean (centred.square ()) + eps).rsqrt())

    /// The dimensions that units do not count, of x [n; ...; shape...] or [n; d; ...].
    let private otherAxes normalisation (x: torch.Tensor) =
        let rank = x.dim ()
        match normalisation with
        | Normalisation.Last(shape, _) -> [| 0L .. rank - int64 shape.Length - 1L |]
        | _ -> [| 0L; yield! [| 2L .. rank - 1L |] |]

    /// x - mean and 1 / sqrt(variance + eps), with the running mean and variance of channels.
    let private overRunning (mean: torch.Tensor) (variance: torch.Tensor) (x: torch.Tensor) (eps: float) =
        let ofChannels (values: torch.Tensor) = values.view [| -1L; yield! Array.create (int (x.dim ()) - 2) 1L |]
        struct (x - ofChannels mean, (ofChannels variance + eps).rsqrt())

    /// x - mean and 1 / sqrt(variance + eps), over the channels of each group and the positions of each data point.
    let private overGroups (count: int64) (x: torch.Tensor) eps =
        let grouped = x.unflatten (1L, [| count; -1L |])
        let struct (centred, scale) = overOwn [| 2L .. grouped.dim () - 1L |] grouped eps
        let channels = x.size 1 / count
        let ofChannels (values: torch.Tensor) =
            values.expand ([| x.size 0; count; channels; yield! values.shape[3..] |])
        struct (centred.flatten (1L, 2L), (ofChannels scale).flatten(1L, 2L))

    /// The two factors of x_hat. A batch norm in training mode takes mean and variance of exactly this batch, else the
    /// running ones; so does an instance norm that keeps them.
    let private parts normalisation (x: torch.Tensor) =
        let rank = x.dim ()
        match normalisation with
        | Normalisation.Groups(count, eps) -> overGroups count x eps
        | Normalisation.Instances norm when norm.training || isNull norm.running_mean ->
            overOwn [| 2L .. rank - 1L |] x norm.eps
        | Normalisation.Instances norm -> overRunning norm.running_mean norm.running_var x norm.eps
        | Normalisation.Last(shape, eps) -> overOwn [| rank - int64 shape.Length .. rank - 1L |] x eps
        | Normalisation.Channels norm when norm.training || isNull norm.running_mean ->
            overOwn (otherAxes normalisation x) x norm.eps
        | Normalisation.Channels norm -> overRunning norm.running_mean norm.running_var x norm.eps

    /// x_hat = (x - mean) / sqrt(variance + eps). A batch norm in training mode takes mean and variance of exactly this
    /// batch, else the running ones.
    /// Shapes: x [n; ...; shape...], or [n; d; ...] of a batch norm -> the same.
    /// The result belongs to the caller.
    let input (normalisation: Normalisation) (x: torch.Tensor) =
        Scope.tensor (fun () ->
            let struct (centred, scale) = parts normalisation x
            centred * scale)

    /// [n; ...; shape...] or [n; d; ...] -> [d; n; R; 1], a view where that is possible.
    let private unitsFirst normalisation (x: torch.Tensor) =
        match normalisation with
        | Normalisation.Last(shape, _) ->
            x.flatten(int64 -shape.Length).unsqueeze(1L).flatten(1L, -2L).permute(2L, 0L, 1L)
        | _ -> x.unsqueeze(-1L).flatten(2L).transpose(0L, 1L)
        |> _.unsqueeze(3L)

    /// x_hat as rows A of one group a unit, with a last column of ones where `withOnes`.
    ///
    /// Shapes: x [n; ...] -> A [d; n; R; 1 (+ 1)].
    /// The result belongs to the caller.
    let rows (normalisation: Normalisation) (withOnes: bool) (x: torch.Tensor) =
        Scope.tensor (fun () ->
            let units = input normalisation x |> unitsFirst normalisation
            if withOnes then BiasColumn.beside 1 units else units.contiguous ())

    /// sum_ir a_ir a_ir^T of those rows, which are not written out.
    ///
    /// Shapes: x [n; ...] -> [d; 1 (+ 1); 1 (+ 1)].
    /// The result belongs to the caller's scope.
    let internal moment (normalisation: Normalisation) (withOnes: bool) (x: torch.Tensor) =
        Scope.tensor (fun () ->
            let struct (centred, scale) = parts normalisation x
            let axes = otherAxes normalisation x
            let sum (values: torch.Tensor) = values.sum (axes, keepdim = true)

            let sums (values: torch.Tensor) =
                let first = sum values
                struct (first, sum (values.pow_ (2.0.ToScalar())))

            let struct (first, second) =
                match normalisation with
                // One number for all elements of a unit.
                | Normalisation.Channels _ ->
                    let struct (first, second) = sums centred
                    struct (first * scale, second * scale.square ())
                | _ -> sums (centred.mul_ scale)

            if withOnes then
                let count = torch.full_like (first, float (x.numel () / first.numel ()))
                torch.stack([| second; first; first; count |], -1L).view(-1L, 2L, 2L)
            else
                second.view (-1L, 1L, 1L))

    /// A derivative with respect to the layer's output as rows E, in the order of `rows`.
    ///
    /// Shapes: gradient [n; ...] -> E [d; n; R; 1].
    /// The result belongs to the caller and may share the gradient's memory.
    let errors (normalisation: Normalisation) (gradient: torch.Tensor) =
        Scope.tensor (fun () -> (unitsFirst normalisation gradient).contiguous())
