namespace Foof

open TorchSharp

/// What a trained network's optimum owes to single data points and to weight decay, by the implicit function theorem
/// with any curvature's damped inverse in place of the Hessian's: (F + lambda I)^-1, where the optimum is one of mean
/// loss + lambda/2 |theta|^2. Exact for linear models with canonical likelihoods, where F is the Hessian.
/// (Koh & Liang 2017; MATH 7)
[<RequireQualifiedAccess>]
module Influence =

    /// d L_test / d eps_i for each training point i whose loss counts eps_i more: -g_i^T (F + lambda I)^-1 grad L_test.
    /// Leaving point i out changes L_test by about -1/n of it.
    ///
    /// `empirical` is the factor of the training points at their labels (`Fisher.Empirical`), `testGradient` the
    /// gradient of the test loss (`Jacobian.meanGradient`).
    /// Shapes: testGradient one [d_out; d_in] a layer -> [n], in the factor's order.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the layers, shapes, types or devices do not fit.
    /// (Koh & Liang 2017; MATH 7)
    let ofPoints (empirical: FisherFactor) (testGradient: torch.Tensor array) (factored: Factored) =
        Scope.tensor (fun () ->
            let direction = Factored.solve factored testGradient

            let weights =
                empirical.Parts
                |> Array.map (fun part ->
                    torch.full (
                        LayerFactor.columns part.Layers[0],
                        -1.0 / sqrt part.Weight,
                        dtype = testGradient[0].dtype,
                        device = testGradient[0].device
                    ))

            FisherFactor.transposeTimes direction empirical * torch.cat (weights, 0L))

    /// d theta* / d lambda = -(F + lambda I)^-1 theta*.
    /// Shapes: theta one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the layers, shapes, types or devices do not fit.
    /// (MATH 7)
    let ofWeightDecay (theta: torch.Tensor array) (factored: Factored) =
        Scope.owned (fun () -> WeightVector.scale -1.0 (Factored.solve factored theta)) Seq.ofArray

    /// d L_validation / d lambda_l for a weight decay of each layer, -grad_l L^T (F + lambda I)^-1 of theta*_l alone:
    /// their sum is the derivative by one weight decay for all layers.
    ///
    /// Shapes: theta, validationGradient one [d_out; d_in] a layer -> [layers].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the layers or shapes, or the gradient's types or devices, do not fit.
    /// (MATH 7)
    let hypergradient (theta: torch.Tensor array) (validationGradient: torch.Tensor array) (factored: Factored) =
        WeightVector.check (nameof theta) (Factored.shapes factored) theta
        Scope.tensor (fun () ->
            let direction = Factored.solve factored validationGradient
            Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> (x * y).sum().neg()) direction theta
            |> fun parts -> torch.stack (parts, 0L))
