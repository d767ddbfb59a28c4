/// Products by two backward passes, and conjugate gradients on them, against the explicit F.
module internal Foof.Validation.Operators

open System
open Foof
open Foof.Explicit

let private settings = { ConjugateGradients.defaults with Tolerance = 1e-15 }

/// A product with the Gauss-Newton matrix, or with the Fisher of the labels that F has.
let private operator setup =
    let problem = setup.Problem
    let own = Setup.asGiven problem setup.Layers null

    match setup.Labels with
    | ValueNone -> LinearOperator.gaussNewton own problem.Input
    | ValueSome labels -> LinearOperator.fisher own { Input = problem.Input; Target = labels }

/// x with (C + lambda I) x = v.
let private solve (C: LinearOperator) (lambda: float) v =
    use shifted = LinearOperator.shifted lambda C
    (ConjugateGradients.solve shifted v settings).Solution

/// The operator's products, and the solutions of linear systems with its matrix.
let private case name (setup: Lazy<Setup>) : Case =
    let compare expected (map: LinearOperator -> _ -> _) () =
        use C = operator setup.Value
        Comparison.ofMap setup.Value.G.Shapes setup.Value.Vectors (expected setup.Value) (map C)

    let solving lambda =
        compare (fun setup -> ((KroneckerDamping.ofMatrix setup.F).Damped Damping.Tikhonov lambda).Inverse) (fun C v ->
            solve C lambda v)

    Case.Exact(
        name,
        [|
            Comparison.check "product" (compare _.F (fun C v -> C.Product v))

            for written, lambda in Comparison.lambdas do
                Comparison.check $"tikhonov / lambda={written} / conjugate gradients" (solving lambda)
        |]
    )

/// The operator that belongs to a label rule. Several sampled labels have no operator, and the Gauss-Newton matrix
/// takes every label into account, also those that are ignored.
let cases (prefix: string) (kind: Kind) fisher (setup: Lazy<Setup>) : Case array =
    match fisher with
    | Fisher.MonteCarlo _ -> [||]
    | Fisher.Ggn when kind.Ignores -> [||]
    | Fisher.Ggn -> [| case $"{prefix} / gauss-newton operator" setup |]
    | Fisher.Empirical -> [| case $"{prefix} / fisher operator" setup |]
