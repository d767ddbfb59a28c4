namespace Foof

open TorchSharp

/// A normal prior over the weights: N(mean, 1/delta_l I) for each layer l.
[<ReferenceEquality>]
type Prior = {
    /// delta_l > 0, one a layer.
    Precision: float array
    /// The mean, one [d_out; d_in] a layer; an empty array is zero. It stays its owner's.
    Mean: torch.Tensor array
}

/// Priors over the weights of layers.
[<RequireQualifiedAccess>]
module Prior =

    /// N(0, 1/delta I) over so many layers.
    let isotropic (layers: int) (delta: float) =
        Require.atLeast (nameof layers) 1 layers
        Require.positive "prior precision" delta

        {
            Precision = Array.create layers delta
            Mean = [||]
        }

    /// N(0, 1/delta_l I), one delta_l a layer.
    let perLayer (precision: float array) =
        Require.atLeast "the number of layers" 1 precision.Length
        Array.iter (Require.positive "prior precision") precision
        { Precision = precision; Mean = [||] }

    /// The same around another mean, which it shares.
    let withMean (mean: torch.Tensor array) (prior: Prior) = { prior with Mean = mean }

    /// The same mean with other precisions.
    let withPrecision (precision: float array) (prior: Prior) = {
        perLayer precision with
            Mean = prior.Mean
    }

    /// |theta_l - mean_l|^2, one a layer, in float64.
    let distances (theta: torch.Tensor array) (prior: Prior) =
        let squared (x: torch.Tensor) =
            Reading.number (x.``to``(torch.ScalarType.Float64).square().sum())

        Scope.value (fun () ->
            if prior.Mean.Length = 0 then
                Array.map squared theta
            else
                Weights.check "the prior's mean" (Weights.shapes theta) prior.Mean

                Array.map2
                    (fun (x: torch.Tensor) (mean: torch.Tensor) -> squared (x - mean))
                    theta
                    prior.Mean)

    /// The one precision of all layers, if there is one.
    let single (prior: Prior) =
        if prior.Precision |> Array.forall (fun delta -> delta = prior.Precision[0]) then
            ValueSome prior.Precision[0]
        else
            ValueNone
