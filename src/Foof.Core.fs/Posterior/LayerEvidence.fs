namespace Foof

open System
open TorchSharp

/// The evidence as a function of one prior precision a layer, delta_l.
/// (MATH 6)
[<RequireQualifiedAccess>]
module LayerEvidence =

    /// tr(M^-1 K_l) / delta_l =: gamma_l and tr(M^-1 B_l M^-1 B_l'), B_l = K_l / delta_l, M = I + sum B_l.
    let private moments (grams: torch.Tensor array) (delta: float array) =
        Scope.value (fun () ->
            let B = Array.map2 (fun (K: torch.Tensor) (delta: float) -> K / delta) grams delta
            let M = Factorization.damped (B |> Array.reduce (fun x y -> x + y)) 1.0
            let L = torch.linalg.cholesky M
            let solved = B |> Array.map (fun B -> B.cholesky_solve L)
            let gamma = solved |> Array.map (fun X -> Numbers.number (torch.diagonal(X, 0L, 0L, 1L).sum()))
            let S =
                Array2D.init grams.Length grams.Length (fun l l' ->
                    Numbers.number ((solved[l] * solved[l'].t()).sum()))
            struct (gamma, S))

    /// The slopes 1/2 (gamma_l - delta_l d_l) in log delta_l, and the Newton step -H^-1 slope with
    /// H = 1/2 (S - diag(gamma) - diag(delta d)), which is negative definite.
    let private newton (grams: torch.Tensor array) (distances: float array) (delta: float array) =
        let struct (gamma, S) = moments grams delta
        let slope = Array.init delta.Length (fun l -> 0.5 * (gamma[l] - delta[l] * distances[l]))
        let H =
            Array2D.init delta.Length delta.Length (fun l l' ->
                0.5 * (S[l, l'] - (if l = l' then gamma[l] + delta[l] * distances[l] else 0.0)))
        Scope.value (fun () ->
            let step = torch.linalg.solve (torch.tensor H, torch.tensor(slope).unsqueeze 1L)
            step.neg().data<double>().ToArray())

    let private ofGrams (grams: torch.Tensor array) (distances: float array) (start: float array) =
        let rec climb steps (x: float array) =
            let step = newton grams distances (Array.map exp x) |> Array.map (fun step -> step |> max -2.0 |> min 2.0)
            let next = Array.map2 (+) x step
            if steps = 0 || step |> Array.forall (fun step -> abs step < 1e-10) then
                Array.map exp next
            else
                climb (steps - 1) next
        climb 100 (Array.map log start)

    let private requireDistances (distances: float array) =
        distances
        |> Array.iteri (fun l distance ->
            if not (distance > 0.0 && Double.IsFinite distance) then
                raise (
                    NumericalFailure(
                        $"it has no largest value where |theta* - mean|^2 is {distance}",
                        $"the evidence of layer {l}",
                        "give the prior precision, or choose it by validation data"
                    )
                ))

    let private ofColumns (U: FisherFactor) (together: float) (distances: float array) =
        let grams = Array.init distances.Length (fun l -> FisherFactor.gram (FisherFactor.layer l U))
        ofGrams grams distances (Array.create distances.Length together)

    let private ofPart (distances: float array) part =
        Scope.value (fun () ->
            let together = Evidence.optimum (Array.sum distances) (PrecisionPart.spectrum part)
            match part with
            | PrecisionPart.LowRank(U, _, _, _) when distances.Length > 1 -> ofColumns U together distances
            | PrecisionPart.Dense(Q, kappa, shapes) when distances.Length > 1 ->
                ofColumns (PrecisionPart.columnsOf Q kappa shapes) together distances
            | _ -> Array.create distances.Length together)

    /// The precisions of the largest evidence, one a layer: a Newton iteration in log delta for each part by itself,
    /// and in all log delta_l together for a low-rank or dense part over several layers, with L solves of [m; m] an
    /// iteration, m its columns or its rank.
    /// The posterior and its prior stay as they are.
    /// Raises a NumericalFailure where no precision is the best: a layer's |theta*_l - mean_l|^2 is not positive and
    /// finite, or the data determine no weight of a part.
    /// (MATH 6)
    let optimum (posterior: Posterior) =
        let distances = Prior.distances posterior.Mean posterior.Prior
        requireDistances distances
        let one = Array.create distances.Length 1.0
        Scope.value (fun () ->
            let data = DataPrecision.fitTo one posterior.Data
            Array.map2 ofPart (DataPrecision.deal distances data) data.Parts |> Array.concat)
