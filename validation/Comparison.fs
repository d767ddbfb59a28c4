/// Checks of the core's structured matrices against explicit ones.
module internal Foof.Validation.Comparison

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// The values of the damping, with their names.
let lambdas = [ "1e-4", 1e-4; "1", 1.0; "1e4", 1e4 ]

/// A check that runs in a scope of its own.
let check name (error: unit -> float) : Check = {
    Name = name
    Error =
        Func<float>(fun () ->
            use _scope = torch.NewDisposeScope()
            error ())
}

/// A check that makes what it shares with others first: in the scope around its own, so that it lives on.
let after (shared: Lazy<'T>) (own: Check) = {
    own with
        Error =
            Func<float>(fun () ->
                shared.Force() |> ignore
                own.Error.Invoke())
}

/// The distance of a linear map's results for some vectors from those of a matrix.
let ofMap (shapes: int64 array array) (vectors: Vector<float> array) (expected: Matrix<float>) map =
    let actual = vectors |> Array.collect (fun v -> Weights.numbers (map (Weights.unflatten shapes v)))

    let wanted = vectors |> Array.collect (fun v -> (expected * v).ToArray())
    Dense.distance wanted actual

let private number (scalar: torch.Tensor) = Dense.values scalar

/// R R^T for a map R.
let private squared (shapes: int64 array array) map =
    let R = Weights.matrix shapes map
    R * R.Transpose()

/// The checks of C itself.
let private undamped (setup: Lazy<Setup>) (curvature: Lazy<Curvature>) (expected: Lazy<Expected>) = [
    check "product" (fun () ->
        ofMap setup.Value.G.Shapes setup.Value.Vectors expected.Value.Matrix (Curvature.product curvature.Value))
    check "dense" (fun () -> Dense.distanceOf expected.Value.Matrix (Dense.ofTensor (Curvature.dense curvature.Value)))
    check "diagonal" (fun () ->
        Dense.distance
            (expected.Value.Matrix.Diagonal().ToArray())
            (Weights.numbers (Curvature.diagonal curvature.Value)))
    check "trace" (fun () ->
        Dense.distance [| expected.Value.Matrix.Trace() |] (number (Curvature.trace curvature.Value)))
]

/// The checks of (C + lambda I)^-1 by a damping rule.
let private damped (setup: Lazy<Setup>) (curvature: Lazy<Curvature>) (expected: Lazy<Expected>) rule lambda =
    let factored = lazy (Factored.make rule lambda curvature.Value)
    let wanted = lazy (expected.Value.Damped rule lambda)
    let shapes () = setup.Value.G.Shapes

    let sharing name error = check name error |> after factored

    [
        sharing "solve" (fun () ->
            ofMap (shapes ()) setup.Value.Vectors wanted.Value.Inverse (Factored.solve factored.Value))
        sharing "root-solve" (fun () ->
            Dense.distanceOf wanted.Value.Inverse (squared (shapes ()) (Factored.rootSolve factored.Value)))
        sharing "log det" (fun () -> Dense.distance [| wanted.Value.LogDet |] (number (Factored.logDet factored.Value)))
    ]

/// All checks of a structure.
let case name (rules: (string * Damping) list) (setup: Lazy<Setup>) (curvature: Setup -> Curvature) expected : Case =
    let curvature = lazy (curvature setup.Value)
    let expected = lazy (expected setup.Value)

    let checks = [|
        yield! undamped setup curvature expected

        for rule, damping in rules do
            for written, lambda in lambdas do
                for own in damped setup curvature expected damping lambda do
                    { own with Name = $"{rule} / lambda={written} / {own.Name}" }
    |]

    Case.Exact(name, checks |> Array.map (after curvature))
