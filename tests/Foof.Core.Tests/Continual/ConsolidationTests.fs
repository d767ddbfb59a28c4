/// Penalties of several tasks against sums of the matrices that they stand for.
module Foof.Core.Tests.ConsolidationTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Structures
open Foof.Core.Tests.Quadratics
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let structures = names ofOneLayer

let private kroneckers = ofOneLayer |> List.filter (fun (name, _) -> name.StartsWith "Kronecker")

let private exact gathering = { Gathering = gathering; Merge = false; Columns = ValueNone }

/// Three tasks of a structure: curvature, matrix and centre.
let private tasks name order = [
    for seed in 1..3 do
        let C, F = draw name { order with Seed = order.Seed + seed }
        C, F, vectorOf C
]

let private learn rule tasks =
    tasks |> List.fold (fun learnt (C, _, centre) -> Consolidation.remember rule C centre learnt) Consolidation.nothing

let private sumOf weights tasks theta =
    List.zip weights tasks
    |> List.map (fun (weight, (_, F: Matrix<float>, centre)) ->
        let value, gradient = explicit F centre theta
        weight * value, gradient * weight)
    |> List.reduce (fun (value, gradient) (value', gradient') -> value + value', gradient + gradient')

let private times (c: float) (value: float, gradient: Vector<float>) = c * value, gradient * c

let private centreOf (_, _, centre: torch.Tensor array) = centre
let private matrixOf (_, F: Matrix<float>, _) = F

[<Tests>]
let tests =
    testList "Continual.Consolidation" [
        for name in structures do
            forOne
                $"separate tasks have the sum of their penalties, and so have summed ones, in one term: {name}"
                name
                (fun order _ ->
                    let tasks = tasks name order
                    let theta = vectorOf (let C, _, _ = tasks.Head in C)
                    let expected = sumOf [ 1.0; 1.0; 1.0 ] tasks theta |> times 0.7
                    let separate = learn (exact Gathering.Separate) tasks
                    Expect.equal separate.Terms.Length 3 "the number of terms of separate"
                    agreesWith expected (Consolidation.penalty 0.7 theta separate)
                    let summed = learn (exact Gathering.Summed) tasks
                    Expect.equal summed.Terms.Length 1 "the number of terms of summed"
                    agreesWith expected (Consolidation.penalty 0.7 theta summed)
                    Expect.equal summed.Tasks 3 "the tasks of summed")

        for name in structures do
            forOne
                $"online, the curvature is F + decay F' + decay^2 F'' around the newest weights: {name}"
                name
                (fun order _ ->
                    let tasks = tasks name order
                    let theta = vectorOf (let C, _, _ = tasks.Head in C)

                    for decay in [ 0.0; 0.6; 1.0 ] do
                        let learnt = learn (exact (Gathering.Online decay)) tasks
                        let powers = [ decay * decay; decay; 1.0 ]

                        let F = List.map2 (fun weight task -> matrixOf task * weight) powers tasks |> List.reduce (+)

                        agreesWith
                            (explicit F (centreOf tasks[2]) theta |> times 2.0)
                            (Consolidation.penalty 2.0 theta learnt)

                        Expect.equal learnt.Terms.Length 1 "the number of terms of learnt")

        test "merged Kronecker products stay one product with exactly the trace of the decayed sum" {
            for name, _ in kroneckers do
                forSome name (fun order _ ->
                    let tasks = tasks name order

                    let learnt = learn { exact (Gathering.Online 0.5) with Merge = true } tasks

                    match learnt.Terms with
                    | [ { Curvature = Curvature.Kronecker _ as merged } ] ->
                        let traces = tasks |> List.map (fun task -> (matrixOf task).Trace())
                        let expected = 0.25 * traces[0] + 0.5 * traces[1] + traces[2]

                        Oracle.agrees Tolerance.explicit [| expected |] (Dense.values (Curvature.trace merged))
                    | _ -> failtest $"{name} is no single product")
        }

        test "equal tasks merged online count as often as there are tasks, and recentre" {
            for name, _ in kroneckers do
                forSome name (fun _ (C, F) ->
                    let centres = List.init 4 (fun _ -> vectorOf C)

                    let learnt =
                        learn
                            { exact (Gathering.Online 1.0) with Merge = true }
                            (centres |> List.map (fun centre -> C, F, centre))

                    let theta = vectorOf C
                    agreesWith (explicit (F * 4.0) centres[3] theta) (Consolidation.penalty 1.0 theta learnt))
        }

        forOne
            "a column budget keeps the leading directions of the sum, and tells what it left out"
            "low rank"
            (fun order _ ->
                let tasks = tasks "low rank" { order with Columns = 3; Outputs = 3; Inputs = 4 }

                let theta = vectorOf (let C, _, _ = tasks.Head in C)
                let two = tasks |> List.take 2

                let rule gathering = { exact gathering with Columns = ValueSome 4 }

                for gathering in [ Gathering.Online 1.0; Gathering.Summed ] do
                    let learnt = learn (rule gathering) two
                    let first = Dense.truncated 4 (matrixOf two[0])
                    let sum = first + matrixOf two[1]
                    let F = Dense.truncated 4 sum

                    match learnt.Terms with
                    | [ { Curvature = Curvature.LowRank G } ] ->
                        Expect.isTrue (FisherFactor.columns G <= 4L) "at most four columns are kept"
                        Oracle.agreesWith Tolerance.explicit F (FisherFactor.dense G)
                    | _ -> failtest "no factor"

                    let share (kept: Matrix<float>) (all: Matrix<float>) = 1.0 - kept.Trace() / all.Trace()
                    let worst = max (share first (matrixOf two[0])) (share F sum)

                    Expect.isTrue
                        (abs (learnt.Discarded - worst) <= Tolerance.explicit)
                        "the discarded share is the worst one"

                    if gathering = Gathering.Online 1.0 then
                        agreesWith (explicit F (centreOf two[1]) theta) (Consolidation.penalty 1.0 theta learnt))

        test "before the first task the penalty is zero" {
            use _scope = torch.NewDisposeScope()
            let theta = [| Networks.normal [ 2; 3 ]; Networks.normal [ 1; 2 ] |]
            let { Value = value; Gradient = gradient } = Consolidation.penalty 1.0 theta Consolidation.nothing
            Expect.equal (Dense.values value) [| 0.0 |] "the value"
            Expect.equal (WeightVector.shapes gradient) (WeightVector.shapes theta) "the shapes of gradient"

            for g in Weights.numbers gradient do
                Expect.equal g 0.0 "every gradient"
        }

        test "numbers out of range are refused, and nothing is remembered" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Diagonal [| Networks.normal([ 2; 3 ]).square() |]
            let centre = [| Networks.normal [ 2; 3 ] |]

            let remember rule () = Consolidation.remember rule C centre Consolidation.nothing

            Oracle.refused [ "decay must lie in [0, 1]; got 1.5." ] (remember (exact (Gathering.Online 1.5)))
            Oracle.refused [ "decay must lie in [0, 1]; got NaN." ] (remember (exact (Gathering.Online nan)))

            Oracle.refused
                [ "the number of columns must be at least 1; got 0." ]
                (remember { exact Gathering.Separate with Columns = ValueSome 0 })

            Oracle.refused [ "strength must be a number of at least 0; got -1." ] (fun () ->
                Consolidation.penalty -1.0 centre Consolidation.nothing)
        }

        test "what remember returns belongs to its caller, and shared tensors stay" {
            for gathering in [ Gathering.Separate; Gathering.Summed; Gathering.Online 0.5 ] do
                for name, _ in ofOneLayer do
                    use _scope = torch.NewDisposeScope()

                    let order = { Seed = 4; Groups = 1; Outputs = 2; Inputs = 3; Columns = 3 }

                    let tasks = tasks name order

                    let given = tasks |> List.collect (fun (C, _, centre) -> Curvature.tensors C @ List.ofArray centre)

                    let leaked =
                        Oracle.leaked (fun () ->
                            use _inner = torch.NewDisposeScope()
                            learn (exact gathering) tasks |> ignore)

                    Expect.equal leaked 0L "the number of tensors left"

                    for tensor in given do
                        Expect.isFalse tensor.IsInvalid "tensor is disposed"
        }
    ]
