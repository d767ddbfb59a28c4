using System.Reflection;

namespace TorchSharp;

/// <summary>Registers the component in a field under another name than the field's.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ComponentNameAttribute : Attribute
{
    /// <summary>The name of the component.</summary>
    public string Name { get; set; } = "";
}

/// <summary>Reads <see cref="ComponentNameAttribute"/>.</summary>
public static class FieldInfoExtensionMethods
{
    /// <summary>
    /// The name under which the field's component is registered: the attribute's, else the field's.
    /// </summary>
    public static string ComponentName(this FieldInfo field) =>
        field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
}
