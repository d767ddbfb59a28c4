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

        { Precision = Array.create layers delta; Mean = [||] }

    /// N(0, 1/delta_l I), one delta_l a layer.
    let perLayer (precision: float array) =
        Require.atLeast "the number of layers" 1 precision.Length
        Array.iter (Require.positive "prior precision") precision
        { Precision = precision; Mean = [||] }

    /// The prior around another mean, which it shares. Raises a NumericalFailure for a mean that is not
    /// finite.
    let withMean (mean: torch.Tensor array) (prior: Prior) =
        for matrix in mean do
            Numbers.requireFinite
                "the prior's mean"
                "numbers are not finite"
                "give the weights that the prior is to be around"
                matrix

        { prior with Mean = mean }

    /// A prior around the mean of this one, with other precisions.
    let withPrecision (precision: float array) (prior: Prior) = { perLayer precision with Mean = prior.Mean }

    /// How many numbers are taken to float64 at a time: fresh memory for all of them would cost more than the
    /// sum.
    let private run = 1L <<< 15

    /// |theta_l - mean_l|^2, one a layer, in float64.
    let distances (theta: torch.Tensor array) (prior: Prior) =
        let squared (x: torch.Tensor) =
            let x = x.flatten ()
            let sum = torch.zeros ([||], dtype = torch.ScalarType.Float64, device = x.device)

            for struct (start, count) in Runs.ofAtMost run (x.size 0) do
                use _part = torch.NewDisposeScope()

                let part = x.narrow(0L, start, count).``to`` torch.ScalarType.Float64

                sum.add_ (part.dot part) |> ignore

            Numbers.number sum

        Scope.value (fun () ->
            if prior.Mean.Length = 0 then
                Array.map squared theta
            else
                WeightVector.check "the prior's mean" (WeightVector.shapes theta) prior.Mean

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
