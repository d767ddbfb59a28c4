/// Every method by its paper's formula and numbers, written out by name: what its recipe says is not asked.
module Foof.Core.Tests.MethodFormulasTests

open Expecto
open Foof
open Foof.Core.Tests.ExplicitMethods
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private plus (mu: float) (M: Matrix<float>) : Matrix<float> = M + Oracle.identity M.RowCount * mu

/// X^T X / count of rows.
let private moment (count: float) (X: Matrix<float>) : Matrix<float> = (X.Transpose() * X).Divide count

let private split (E: Matrix<float>) (A: Matrix<float>) =
    sqrt ((A.Trace() / float A.RowCount) / (E.Trace() / float E.RowCount))

/// (E + sqrt(lambda)/pi I)^-1 G (A + pi sqrt(lambda) I)^-1.
let private heuristic (lambda: float) E A (G: Matrix<float>) =
    let pi, root = split E A, sqrt lambda
    (plus (root / pi) E).Inverse() * G * (plus (pi * root) A).Inverse()

/// The first update of a network, at the learning rate 1; `fisher` has the errors at the method's labels.
let rec private formula name (batch: Batch) (fisher: Batch array) : Matrix<float> array =
    let n, R = float batch.Points, float batch.Positions
    let layers = [| 0 .. batch.A.Length - 1 |]
    let gradients = layers |> Array.map batch.Gradient

    let F members =
        outer (1.0 / n) (columns fisher members)

    let alone C lambda G = (solve C lambda [| G |])[0]

    let each update =
        Array.map3 update batch.A fisher[0].E gradients

    match name with
    | "foof" -> each (fun A _ G -> G * (plus 1.0 (moment n A)).Inverse())
    | "foof-kfac" ->
        each (fun A E G ->
            let E, A = moment n E, moment (n * R) A
            G * (plus (split E A * sqrt 0.01) A).Inverse())
        |> Array.map2
            (fun (kfac: Matrix<float>) D -> D * (kfac.FrobeniusNorm() / D.FrobeniusNorm()))
            (formula "kfac" batch fisher)
    | "kfac"
    | "kfac-expand" -> each (fun A E G -> heuristic 0.01 (moment n E) (moment (n * R) A) G)
    | "kfac-standard" -> each (fun A E G -> alone ((moment n E).KroneckerProduct(moment (n * R) A)) 0.01 G)
    | "kfac-reduce" ->
        each (fun A E G ->
            heuristic 0.01 (moment n (pooled batch E)) (moment n ((pooled batch A).Divide R)) G)
    | "kfc" -> each (fun A E G -> heuristic 0.01 (moment (n * R) E) (moment n A) G)
    | "ekfac" ->
        layers
        |> Array.map (fun l ->
            let Q = eigenvectors (moment n fisher[0].E[l]) (moment (n * R) batch.A[l])
            alone (diagonalIn Q (F [| l |])) 0.01 gradients[l])
    | "tkfac" ->
        layers
        |> Array.map (fun l ->
            let P = fisher[0].Gradients l
            let Psi = (P |> Array.map (fun P -> P * P.Transpose()) |> Array.reduce (+)).Divide n
            let Phi = (P |> Array.map (fun P -> P.Transpose() * P) |> Array.reduce (+)).Divide n
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

        directions
        |> Array.map (fun D -> D * min 1.0 (sqrt (1e-3 / product directions)))
    | "shampoo" ->
        let root = spectral (fun s -> (s + 1e-4) ** -0.25)

        gradients
        |> Array.map (fun G -> root (G * G.Transpose()) * G * root (G.Transpose() * G))
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
                        MethodRuns.explicit
                            {
                                Methods.foof with
                                    Fisher = labels name
                            }
                            network
                            3

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

        test "KFC splits R otherwise than K-FAC-expand, which pi undoes and damping without pi shows" {
            use _scope = torch.NewDisposeScope()

            let network = {
                MethodRuns.perceptron 4 [ 3; 4; 2 ] 3 with
                    Model = Networks.fromSeed 5 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
            }

            let struct (batch, fisher) = MethodRuns.explicit Methods.kfc network 3

            let found (recipe: Recipe) =
                let own = {
                    network with
                        Model = Networks.fromSeed 5 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
                }

                use optimizer = Networks.optimizer own.Model recipe 1.0 0.0 0.0
                flat (MethodRuns.stepped optimizer own 3)

            Oracle.agrees Tolerance.explicit (found Methods.kfacExpand) (found Methods.kfc)

            let bare (A: Matrix<float>) (E: Matrix<float>) (G: Matrix<float>) =
                (plus 0.1 (moment (4.0 * 3.0) E)).Inverse()
                * G
                * (plus 0.1 (moment 4.0 A)).Inverse()

            Oracle.agrees
                Tolerance.explicit
                (flat (Array.map3 bare batch.A fisher[0].E [| batch.Gradient 0; batch.Gradient 1 |]))
                (found {
                    Methods.kfc with
                        Rule = Damping.EachFactor
                        Damping = 0.1
                })
        }
    ]
