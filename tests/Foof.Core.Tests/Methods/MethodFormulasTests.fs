/// Every method by its paper's formula and numbers, written out by name: what its recipe says is not asked.
module Foof.Core.Tests.MethodFormulasTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.ExplicitMethods
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// (E + sqrt(lambda)/pi I)^-1 G (A + pi sqrt(lambda) I)^-1.
let private heuristic lambda E A (G: Matrix<float>) =
    match KroneckerDamping.factors Damping.Heuristic lambda (struct (E, A)) with
    | [ E; A ] -> E.Inverse() * G * A.Inverse()
    | _ -> failwith "not two factors"

/// The first update of a network, at the learning rate 1; `fisher` has the errors at the method's labels.
let rec private formula name (batch: Batch) (fisher: Batch array) : Matrix<float> array =
    let n, R = float batch.Points, float batch.Positions
    let layers = [| 0 .. batch.A.Length - 1 |]
    let gradients = layers |> Array.map batch.Gradient

    let F members = outer (1.0 / n) (columns fisher members)

    let alone C lambda G = (solve C lambda [| G |])[0]

    let each update = Array.map3 update batch.A fisher[0].E gradients

    match name with
    | "foof" -> each (fun A _ G -> G * (Dense.shifted 1.0 (Dense.moment n A)).Inverse())
    | "foof-kfac" ->
        each (fun A E G ->
            let E, A = Dense.moment n E, Dense.moment (n * R) A

            G * (List.last (KroneckerDamping.factors Damping.HeuristicInputs 0.01 (struct (E, A)))).Inverse())
        |> Array.map2
            (fun (kfac: Matrix<float>) D -> D * (kfac.FrobeniusNorm() / D.FrobeniusNorm()))
            (formula "kfac" batch fisher)
    | "kfac"
    | "kfac-expand" -> each (fun A E G -> heuristic 0.01 (Dense.moment n E) (Dense.moment (n * R) A) G)
    | "kfac-standard" -> each (fun A E G -> alone ((Dense.moment n E).KroneckerProduct(Dense.moment (n * R) A)) 0.01 G)
    | "kfac-reduce" ->
        each (fun A E G ->
            heuristic 0.01 (Dense.moment n (pooled batch E)) (Dense.moment n ((pooled batch A).Divide R)) G)
    | "kfc" -> each (fun A E G -> heuristic 0.01 (Dense.moment (n * R) E) (Dense.moment n A) G)
    | "ekfac" ->
        layers
        |> Array.map (fun l ->
            let E, A = Dense.moment n fisher[0].E[l], Dense.moment (n * R) batch.A[l]
            let Q = KroneckerFactors.eigenvectors (struct (E, A))
            alone (Dense.diagonalIn Q (F [| l |])) 0.01 gradients[l])
    | "tkfac" ->
        layers
        |> Array.map (fun l ->
            let struct (Psi, Phi) =
                fisher[0].Gradients l |> Array.map (fun P -> struct (1.0 / n, P)) |> KroneckerFactors.squares

            heuristic 0.01 (Psi.Divide(Psi.Trace())) Phi gradients[l])
    | "natural"
    | "natural-full" -> solve (F layers) 1.0 gradients
    | "natural-blocks" -> layers |> Array.map (fun l -> alone (F [| l |]) 1.0 gradients[l])
    | "sngd" -> layers |> Array.map (fun l -> alone (F [| l |]) 0.3 gradients[l])
    | "mfac" -> solve (outer (1.0 / 32.0) [| gradients |]) 1e-4 gradients
    | "eva" ->
        let directions =
            each (fun A E G ->
                let a, b = A.ColumnSums().Divide(n * R), E.ColumnSums().Divide(n * R)
                alone (outer 1.0 [| [| b.OuterProduct a |] |]) 0.03 G)

        let product =
            Array.map2 (fun (D: Matrix<float>) (G: Matrix<float>) -> (D.Transpose() * G).Trace())
            >> fun inner -> Array.sum (inner gradients)

        directions |> Array.map (fun D -> D * min 1.0 (sqrt (1e-3 / product directions)))
    | "shampoo" ->
        let root = Dense.spectral (fun _ s -> (max 0.0 s + 1e-4) ** -0.25)

        gradients |> Array.map (fun G -> root (G * G.Transpose()) * G * root (G.Transpose() * G))
    | _ -> failwith $"no formula for {name}"

let private labels name =
    match name with
    | "eva"
    | "sngd" -> Fisher.Empirical
    | "natural-full" -> Fisher.Ggn
    | _ -> Fisher.MonteCarlo 1

let names = [ for recipe in Methods.all -> recipe.Name ]

/// Memory, S, T and warm-up, and whether the curvature is that of an earlier batch.
let private habits name =
    let average = Memory.MovingAverage 0.95

    match name with
    | "natural"
    | "natural-full"
    | "natural-blocks" -> struct (Memory.Latest, 1, 1, 1, true)
    | "sngd" -> struct (Memory.Latest, 1, 1, 1, false)
    | "mfac"
    | "eva" -> struct (average, 1, 1, 1, false)
    | "shampoo" -> struct (Memory.Sum, 20, 20, 1, false)
    | _ -> struct (average, 10, 100, 50, false)

[<Tests>]
let tests =
    testList "Methods.MethodFormulas" [
        for name in names do
            test $"the first step of a method as it is listed is its paper's formula: {name}" {
                let recipe = Methods.all |> List.find (fun recipe -> recipe.Name = name)

                for n, positions in [ 1, 1; 6, 1; 1, 3; 4, 3 ] do
                    use _scope = torch.NewDisposeScope()
                    let network = MethodRuns.perceptron n [ 3; 9; 2 ] positions

                    let struct (batch, fisher) =
                        MethodRuns.explicit { Methods.foof with Fisher = labels name } network 3

                    use optimizer = Networks.optimizer network.Model recipe 1.0 0.0 0.0
                    let found = MethodRuns.stepped optimizer network 3
                    Oracle.agrees Tolerance.trajectory (flat (formula name batch fisher)) (flat found)
            }

        for name in names do
            test $"a method as it is listed remembers, inverts and gathers momentum as its paper does: {name}" {
                let recipe = Methods.all |> List.find (fun recipe -> recipe.Name = name)

                let cadence = recipe.Cadence

                Expect.equal
                    (struct (recipe.Memory,
                             cadence.StatisticsSteps,
                             cadence.InvertEvery,
                             cadence.WarmUp,
                             recipe.IndependentBatches))
                    (habits name)
                    "the result"

                Expect.equal recipe.Momentum MomentumPlace.After "the momentum of recipe"
                Expect.equal recipe.Trigger Trigger.Always "the trigger of recipe"
            }

        test "KFC divides another factor by R than K-FAC-expand, which pi undoes and damping without pi shows" {
            use _scope = torch.NewDisposeScope()

            let network = {
                MethodRuns.perceptron 4 [ 3; 4; 2 ] 3 with
                    Model = Networks.fromSeed 5 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
            }

            let struct (batch, fisher) = MethodRuns.explicit Methods.kfc network 3

            let found (recipe: Recipe) =
                let own = { network with Model = Networks.fromSeed 5 (fun () -> Networks.perceptron true [ 3; 4; 2 ]) }

                use optimizer = Networks.optimizer own.Model recipe 1.0 0.0 0.0
                flat (MethodRuns.stepped optimizer own 3)

            Oracle.agrees Tolerance.explicit (found Methods.kfacExpand) (found Methods.kfc)

            let bare (A: Matrix<float>) (E: Matrix<float>) (G: Matrix<float>) =
                (Dense.shifted 0.1 (Dense.moment (4.0 * 3.0) E)).Inverse()
                * G
                * (Dense.shifted 0.1 (Dense.moment 4.0 A)).Inverse()

            Oracle.agrees
                Tolerance.explicit
                (flat (Array.map3 bare batch.A fisher[0].E [| batch.Gradient 0; batch.Gradient 1 |]))
                (found { Methods.kfc with Rule = Damping.EachFactor; Damping = 0.1 })
        }
    ]
