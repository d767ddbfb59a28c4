/// Damped inverses on the factors of gradients, against the same inverses on the gradients written out.
module Foof.Core.Tests.PreconditioningTests

open Expecto
open Foof
open Foof.Explicit
open FsCheck.FSharp
open TorchSharp

let private normal = Networks.normal

/// Rows k, outputs and inputs of a layer: more and fewer rows than outputs.
let private sizes = Gen.zip3 (Gen.choose (1, 7)) (Gen.choose (1, 5)) (Gen.choose (1, 6))

let private product (k: int) (d_out: int) (d_in: int) = Direction.Product(normal [ k; d_out ], normal [ k; d_in ])

let private definite (d: int) = Sides.semidefinite 1 d (d + 1)

let private same (factored: Factored) (V: Direction array) =
    let expected = V |> Array.map Direction.matrix |> Factored.solve factored

    let found = Preconditioning.solve factored V |> Array.map Direction.matrix

    for l in 0 .. V.Length - 1 do
        Oracle.agreesWith Tolerance.explicit (Dense.ofTensor expected[l]) found[l]

let private forAll sentence property =
    Holds.forAll sentence sizes (fun (k, d_out, d_in) ->
        use _scope = torch.NewDisposeScope()
        property k d_out d_in)

let private kroneckers d_out d_in = [
    Curvature.Kronecker(Side.Full(definite d_out), Side.Full(definite d_in))
    Curvature.Kronecker(Side.Identity(int64 d_out, 1.0), Side.Full(definite d_in))
]

/// How two steps in a type move the weights of a network whose layers have no more than `widest` inputs.
let private movedIn (kind: torch.ScalarType) widest (decay: float) (recipe: Recipe) =
    let widths = [ widest; widest - 10; widest - 20 ]

    let model = (Networks.fromSeed 1 (fun () -> Networks.perceptron true widths)).``to`` kind

    let before = Networks.weights model
    use optimizer = Networks.optimizer model recipe 0.1 0.0 decay

    for seed in [ 2; 3 ] do
        let input, target = Networks.fromSeed seed (fun () -> normal [ 8; widest ], normal [ 8; widest - 20 ])

        (optimizer.Step(input.``to`` kind, target.``to`` kind) :> System.IDisposable).Dispose()

    Array.map2 (-) (Networks.weights model) before

/// FOOF and K-FAC whose inverses last for so many steps; the damping of normal inputs' size bounds how much of a product
/// cancels. Their first steps do not depend on it.
let private lasting steps = [
    for name in [ "foof"; "kfac" ] do
        ((MethodRuns.named name).WithDamping 1.0).WithCadence(steps, 1)
]

[<Tests>]
let tests =
    testList "Training.Preconditioning" [
        forAll
            "Kronecker products and eigenbases precondition factors as they precondition gradients"
            (fun k d_out d_in ->
                for curvature in kroneckers d_out d_in do
                    for rule in [ Damping.Tikhonov; Damping.Heuristic; Damping.EachFactor ] do
                        let factored = Factored.make rule 0.3 curvature
                        same factored [| product k d_out d_in |]
                        same factored [| Direction.Matrix(normal [ d_out; d_in ]) |])

        forAll "solving with a Cholesky factor is multiplying by the inverse" (fun k d_out d_in ->
            let solving = { Factorization.attempts.Head with Route = Route.Solve } :: Factorization.attempts

            for curvature in kroneckers d_out d_in do
                for rule in [ Damping.EachFactor; Damping.Heuristic ] do
                    let inverse = Factored.make rule 0.3 curvature
                    let solved = (Factored.attempt solving rule -1.0 ignore 0.3 curvature).Value

                    match solved with
                    | Factored.Structured(Curvature.Kronecker(_, Side.Inverse _), _) -> ()
                    | _ -> failtest "The inverse was written out."

                    Oracle.agreesWith
                        Tolerance.explicit
                        (Dense.ofTensor ((Factored.logDet inverse).view(1L, 1L)))
                        ((Factored.logDet solved).view(1L, 1L))

                    let V = normal [ d_out; d_in ]
                    let expected = (Factored.solve inverse [| V |])[0]
                    let found = (Factored.solve solved [| V |])[0]
                    Oracle.agreesWith Tolerance.explicit (Dense.ofTensor expected) found
                    same solved [| product k d_out d_in |])

        forAll "low-rank inverses precondition factors, gradients and both together as gradients" (fun k d_out d_in ->
            for n, R, columns in [ 3, 1, 1; 2, 2, 3 ] do
                let layer (d_out: int) (d_in: int) =
                    LayerFactor.Product(
                        Activations.rows (normal [ 1; n; R; d_in ]),
                        normal [ 1; columns * n; R; d_out ]
                    )

                let G = FisherFactor.ofColumns { Layers = [| layer d_out d_in; layer 3 2 |]; Weight = 0.2 }

                let D = G.Shapes |> Array.map (fun shape -> torch.rand (shape, dtype = Networks.double) + 0.1)

                for curvature in [ Curvature.LowRank G; Curvature.LowRankPlusDiagonal(G, D) ] do
                    let factored = Factored.make Damping.Tikhonov 0.3 curvature
                    same factored [| product k d_out d_in; product 2 3 2 |]
                    same factored [| product k d_out d_in; Direction.Matrix(normal [ 3; 2 ]) |]
                    same factored [| Direction.Matrix(normal [ d_out; d_in ]); product 4 3 2 |])

        testList "low-rank inverses in float32 are those in float64" [
            for n, k in [ 15, 15; 40, 128; 130, 20 ] do
                test $"{n}, {k}" {
                    use _scope = torch.NewDisposeScope()
                    let single (x: torch.Tensor) = x.``to`` torch.ScalarType.Float32

                    let layers = [|
                        for d_out, d_in in [ 30, 41; 20, 30 ] -> normal [ 1; n; 1; d_in ], normal [ 1; n; 1; d_out ]
                    |]

                    let V = [| for d_out, d_in in [ 30, 41; 20, 30 ] -> normal [ k; d_out ], normal [ k; d_in ] |]

                    let solved change =
                        let G =
                            FisherFactor.ofColumns {
                                Layers =
                                    layers
                                    |> Array.map (fun (A, E) ->
                                        LayerFactor.Product(Activations.rows (change A), change E))
                                Weight = 1.0 / float n
                            }

                        V
                        |> Array.map (fun (left, right) -> Direction.Product(change left, change right))
                        |> Preconditioning.solve (Factored.make Damping.Tikhonov 30.0 (Curvature.LowRank G))
                        |> Array.map Direction.matrix

                    for expected, found in Array.zip (solved id) (solved single) do
                        Expect.equal found.dtype torch.ScalarType.Float32 "the type of found"
                        Oracle.agreesWith Tolerance.float32AgainstFloat64 (Dense.ofTensor expected) found
                }
        ]

        forAll "inner products, norms and multiples of products are those of the matrices" (fun k d_out d_in ->
            let scalar (x: torch.Tensor) = Dense.ofTensor (x.view (1L, 1L))

            let forms = [ product k d_out d_in; product 3 d_out d_in; Direction.Matrix(normal [ d_out; d_in ]) ]

            for x in forms do
                let X = Direction.matrix x

                Oracle.agreesWith Tolerance.explicit (scalar (X.norm ())) ((Direction.norm x).view(1L, 1L))

                let c = torch.tensor (-0.7)

                Oracle.agreesWith Tolerance.rounding (Dense.ofTensor (X * c)) (Direction.matrix (Direction.scaled c x))

                for y in forms do
                    let expected = (X * Direction.matrix y).sum()

                    let scale = float (X.norm().item<double>()) * (Direction.matrix y).norm().item<double>()

                    let difference = (Direction.inner x y - expected).abs().item<double>()

                    Expect.isTrue (difference <= Tolerance.explicit * scale) "both inverses agree")

        testList "the Cholesky factor and the inverse by halves are the matrix's, with its determinant" [
            for d in [ 257; 300; 513; 700 ] do
                test $"{d}" {
                    use _scope = torch.NewDisposeScope()
                    let X = normal [ d + 20; d ]
                    let M = X.t().mm X / float d
                    let found = (Factorization.inverse Factorization.attempts M 0.1).Value
                    Expect.isEmpty found.Failed "the failed attempts"
                    let damped = Dense.shifted 0.1 (Dense.ofTensor M)

                    let solve = { Factorization.attempts.Head with Route = Route.Solve }

                    let struct (L, rest) = Factorization.factor [ solve ] M (torch.tensor 0.1)
                    Expect.isEmpty rest "what is left"
                    Oracle.agreesWith Tolerance.explicit (damped.Cholesky().Factor) L.Value
                    Oracle.agreesWith Tolerance.explicit (damped.Inverse()) found.Inverse

                    let logDet =
                        damped.Evd(MathNet.Numerics.LinearAlgebra.Symmetricity.Symmetric).EigenValues
                        |> Seq.sumBy (fun value -> log value.Real)

                    Oracle.agrees Tolerance.explicit [| logDet |] (Dense.values found.LogDet)
                    let single = M.``to`` torch.ScalarType.Float32
                    let inSingle = (Factorization.inverse Factorization.attempts single 0.1).Value
                    Expect.isEmpty inSingle.Failed "the failed attempts in float32"

                    Oracle.agreesWith Tolerance.float32AgainstFloat64 (Dense.ofTensor found.Inverse) inSingle.Inverse
                }
        ]

        test "a large matrix that is not positive definite is left to the next attempt" {
            use _scope = torch.NewDisposeScope()
            let M = torch.eye (300L, dtype = Networks.double)
            M[290L, 290L] <- torch.tensor (-5.0, dtype = Networks.double)
            let found = (Factorization.inverse Factorization.attempts M 0.1).Value
            Expect.equal found.Failed.Length 3 "the number of failed attempts"

            let solve = { Factorization.attempts.Head with Route = Route.Solve }

            let struct (L, _) = Factorization.factor [ solve ] M (torch.tensor 0.1)
            Expect.isTrue L.IsNone "there is no Cholesky factor"
        }

        test "a wide layer whose matrix is inverted in every step follows the explicit updates" {
            for name in [ "foof"; "kfac"; "shampoo" ] do
                use _scope = torch.NewDisposeScope()
                let network () = MethodRuns.perceptron 3 [ 300; 4; 2 ] 1
                MethodRuns.follows (MethodRuns.named name) (List.init 2 (fun _ -> network ())) 0.05
        }

        test "products in bfloat16 move the weights by nearly the same, and are refused where a method has none" {
            for widest, recipe in List.allPairs [ 40; 160; 300 ] (lasting 3 @ lasting 100) do
                use _scope = torch.NewDisposeScope()

                let moved recipe = movedIn torch.ScalarType.Float32 widest 0.01 recipe

                let expected, found = moved recipe, moved (recipe.WithBFloat16Products())
                Expect.notEqual found expected "the result"
                Oracle.agrees Tolerance.bfloat16 expected found

            for name in [ "ekfac"; "kfac-standard"; "natural"; "eva" ] do
                Oracle.refused
                    [ "Products may be in BFloat16 where the inverse is a Kronecker product"; name ]
                    (fun () -> Recipe.check ((MethodRuns.named name).WithBFloat16Products()))
        }
    ]
