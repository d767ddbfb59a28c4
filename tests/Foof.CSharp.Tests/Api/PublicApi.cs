using System.Globalization;
using System.Reflection;
using System.Text;

namespace Foof.CSharp.Tests.Api;

/// <summary>The public members of an assembly as text, and the types that they use.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nulls = new();

    internal static IEnumerable<Type> Types(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal);

    /// <summary>
    /// The members of a type that its users or derived classes see, except those that the compiler adds.
    /// </summary>
    internal static IEnumerable<MemberInfo> Members(Type type) =>
        type.GetMembers(Declared)
            .Where(member => !member.Name.StartsWith('<') && IsVisible(member) && !IsPartOfOther(member));

    private static bool IsVisible(MemberInfo member) =>
        member switch
        {
            MethodBase method => IsVisible(method),
            FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
            EventInfo own => IsVisible(own.AddMethod!),
            _ => false,
        };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // Accessors belong to their property or event; an enumeration's field holds its value.
    private static bool IsPartOfOther(MemberInfo member) =>
        member is MethodInfo { IsSpecialName: true } method && !method.Name.StartsWith("op_", StringComparison.Ordinal)
        || member is FieldInfo { IsSpecialName: true };

    /// <summary>Every type that a signature names, those inside generic types and arrays too.</summary>
    internal static IEnumerable<Type> Named(MemberInfo member) =>
        (
            member switch
            {
                MethodInfo method => Parameters(method).Append(method.ReturnType),
                ConstructorInfo constructor => Parameters(constructor),
                FieldInfo field => [field.FieldType],
                PropertyInfo property =>
                [
                    property.PropertyType,
                    .. property.GetIndexParameters().Select(p => p.ParameterType),
                ],
                EventInfo own => [own.EventHandlerType!],
                _ => Enumerable.Empty<Type>(),
            }
        ).SelectMany(Inside);

    private static IEnumerable<Type> Parameters(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType);

    /// <summary>A type and those that it is made of.</summary>
    internal static IEnumerable<Type> Inside(Type type) =>
        type.HasElementType ? Inside(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Inside).Append(type)
        : [type];

    /// <summary>One line for each type, and one, indented, for each member.</summary>
    internal static string Describe(IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var type in types)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Kind(type)} {Name(type)}{Base(type)}\n");
            foreach (var line in Members(type).Select(Line).Order(StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"    {line}\n");
        }
        return text.ToString();
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static string Base(Type type)
    {
        if (type.IsEnum)
            return "";
        var named = Own(type).Select(Name).Order(StringComparer.Ordinal);
        Type?[] ancestor = [type.BaseType == typeof(object) || type.IsValueType ? null : type.BaseType];
        string[] all = [.. ancestor.OfType<Type>().Select(Name), .. named];
        return all.Length > 0 ? $" : {string.Join(", ", all)}" : "";
    }

    // Leaves out those that its base class or its other interfaces bring along.
    private static IEnumerable<Type> Own(Type type)
    {
        var found = type.GetInterfaces();
        var brought = found
            .SelectMany(own => own.GetInterfaces())
            .Concat(type.BaseType?.GetInterfaces() ?? [])
            .ToHashSet();
        return found.Where(own => own.IsVisible && !brought.Contains(own));
    }

    private static string Line(MemberInfo member) =>
        member switch
        {
            MethodInfo method =>
                $"{Access(method)}{Name(method.ReturnType, Nulls.Create(method.ReturnParameter))} {method.Name}{List(method)}",
            ConstructorInfo constructor => $"{Access(constructor)}new{List(constructor)}",
            FieldInfo { IsLiteral: true } field => string.Create(
                CultureInfo.InvariantCulture,
                $"{field.Name} = {field.GetRawConstantValue()}"
            ),
            FieldInfo field => $"{Name(field.FieldType, Nulls.Create(field))} {field.Name}",
            PropertyInfo property =>
                $"{Name(property.PropertyType, Nulls.Create(property))} {property.Name} {{ {Accessors(property)} }}",
            EventInfo own => $"event {Name(own.EventHandlerType!, Nulls.Create(own))} {own.Name}",
            _ => member.ToString()!,
        };

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "");

    private static string Accessors(PropertyInfo property) =>
        string.Join(
            " ",
            property
                .GetAccessors(nonPublic: true)
                .Where(IsVisible)
                .Select(accessor => accessor == property.SetMethod ? "set;" : "get;")
        );

    private static string List(MethodBase method) => $"({string.Join(", ", method.GetParameters().Select(Parameter))})";

    private static string Parameter(ParameterInfo parameter) =>
        $"{Name(parameter.ParameterType, Nulls.Create(parameter))} {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {Default(parameter.DefaultValue)}" : "");

    private static string Default(object? value) =>
        value switch
        {
            null => "null",
            true => "true",
            false => "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    private static string Name(Type type) => Name(type, null);

    // Adds a question mark if the value may be null.
    private static string Name(Type type, NullabilityInfo? nulls)
    {
        var mark = IsNullable(nulls) && !type.IsValueType ? "?" : "";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!, nulls?.ElementType)}[]{mark}";
        if (type.HasElementType)
            return $"{Name(type.GetElementType()!, nulls)}&";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Name(value)}?";
        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{Inner(type.GetGenericArguments(), nulls)}>{mark}" : name + mark;
    }

    private static string Inner(Type[] types, NullabilityInfo? nulls) =>
        string.Join(
            ", ",
            types.Select((type, place) => Name(type, nulls?.GenericTypeArguments.ElementAtOrDefault(place)))
        );

    private static bool IsNullable(NullabilityInfo? nulls) =>
        nulls is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable };
}
