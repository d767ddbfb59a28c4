module Foof.Core.Tests.DocumentationTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Xml.Linq
open Expecto
open Foof
open Microsoft.FSharp.Reflection

let private declared =
    BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private isGenerated (it: MemberInfo) = it.IsDefined(typeof<CompilerGeneratedAttribute>, false)

/// What the file calls a type; a nested one stands behind a dot.
let private nameOf (owner: Type) = owner.FullName.Replace('+', '.')

/// What the base class or an interface promises is said there.
let private isInherited (owner: Type) (method: MethodInfo) =
    method.GetBaseDefinition().DeclaringType <> owner
    || not owner.IsInterface
       && owner.GetInterfaces()
          |> Array.exists (fun each -> Array.contains method (owner.GetInterfaceMap each).TargetMethods)

/// A union's cases, and the list of their tags, are types within it.
let private isCase (owner: Type) = owner.IsNested && FSharpType.IsUnion owner.DeclaringType

/// The members that somebody wrote: neither accessors, nor what the compiler makes of a record, a union or an exception.
let private written (owner: Type) =
    owner.GetMembers declared
    |> Array.filter (fun it ->
        not (isGenerated it)
        && match it with
           | :? MethodInfo as method -> not method.IsSpecialName && not (isInherited owner method)
           | :? PropertyInfo
           | :? EventInfo -> true
           | _ -> false)

let private prefix (it: MemberInfo) =
    match it with
    | :? PropertyInfo -> "P:"
    | :? EventInfo -> "E:"
    | _ -> "M:"

/// Everything of the assembly that must be documented, by the file's names without parameters.
let private required (assembly: Assembly) =
    assembly.GetExportedTypes()
    |> Array.filter (fun it -> not (isGenerated it || isCase it))
    |> Array.collect (fun owner ->
        let cases =
            if FSharpType.IsUnion owner then
                FSharpType.GetUnionCases owner |> Array.map (fun case -> $"T:{nameOf owner}.{case.Name}")
            else
                [||]

        Array.concat [
            [| "T:" + nameOf owner |]
            cases
            written owner |> Array.map (fun it -> $"{prefix it}{nameOf owner}.{it.Name}")
        ])

/// The members with a summary, by the same names.
let private documented (file: string) =
    XDocument.Load(file).Descendants "member"
    |> Seq.filter (fun it ->
        let summary = it.Element "summary"
        not (isNull summary) && not (String.IsNullOrWhiteSpace summary.Value))
    |> Seq.map (fun it ->
        let name = (it.Attribute "name").Value
        // Without parameters, and without the number of a method's own type parameters.
        name.Split('(').[0].Split("``").[0])
    |> Seq.countBy id
    |> Map.ofSeq

[<Tests>]
let tests =
    testList "Documentation" [
        test "every public member has a summary" {
            let assembly = typeof<Recipe>.Assembly
            let summaries = documented (Path.ChangeExtension(assembly.Location, ".xml"))

            let missing =
                required assembly
                |> Array.countBy id
                |> Array.filter (fun (name, count) -> count > (Map.tryFind name summaries |> Option.defaultValue 0))
                |> Array.map fst

            Expect.isTrue (missing.Length = 0) ("Without a summary:\n" + String.Join('\n', missing))
        }

        test "what must have a summary is everything that somebody wrote" {
            let names = required typeof<Recipe>.Assembly |> Set.ofArray

            // A module, a record and a field, an interface and a slot, a union and a case, a function, a class' members.
            let some = [
                "T:Foof.Cadence"
                "P:Foof.Cadence.InvertEvery"
                "T:Foof.CadenceModule"
                "M:Foof.CadenceModule.plan"
                "P:Foof.CadenceModule.defaults"
                "T:Foof.Keep"
                "T:Foof.Keep.Nothing"
                "T:Foof.Memory.MovingAverage"
                "T:Foof.LinearOperator"
                "M:Foof.LinearOperator.Product"
                "E:Foof.Optimizer.Fallback"
                "P:Foof.Preconditioner.Recipe"
            ]

            Expect.isEmpty (Set.difference (Set.ofList some) names) "the missing names"
            // What the compiler makes, and what an interface promises, needs no summary.
            Expect.isFalse (Set.contains "P:Foof.Keep.IsNothing" names) "P:Foof.Keep.IsNothing"
            Expect.isFalse (Set.contains "M:Foof.Cadence.ToString" names) "M:Foof.Cadence.ToString"
            Expect.isFalse (Set.contains "M:Foof.Optimizer.get_Damping" names) "M:Foof.Optimizer.get_Damping"
        }
    ]
