using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace RestBroker.Tests.Architecture;

/// <summary>What an assembly's metadata says of its references: nothing is loaded.</summary>
internal sealed class AssemblyFile : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public AssemblyFile(string name)
    {
        _file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")));
        _metadata = _file.GetMetadataReader();
    }

    public IEnumerable<string> References => _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name));

    /// <summary>The namespaces of the types that use a type of <paramref name="assembly"/> in a base, a signature or a body.</summary>
    public IReadOnlySet<string> NamespacesThatUse(string assembly)
    {
        var namespaces = new HashSet<string>();
        foreach (var handle in _metadata.TypeDefinitions)
            if (TokensOf(_metadata.GetTypeDefinition(handle)).Any(token => AssembliesOf(token).Contains(assembly)))
                namespaces.Add(NamespaceOf(handle));
        return namespaces;
    }

    public void Dispose() => _file.Dispose();

    private IEnumerable<EntityHandle> TokensOf(TypeDefinition type)
    {
        yield return type.BaseType;
        foreach (var @interface in type.GetInterfaceImplementations()) yield return _metadata.GetInterfaceImplementation(@interface).Interface;
        foreach (var field in type.GetFields()) yield return field;
        foreach (var handle in type.GetMethods())
        {
            yield return handle;
            var method = _metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            var body = _file.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil) yield return body.LocalSignature;
            foreach (var region in body.ExceptionRegions.Where(region => !region.CatchType.IsNil)) yield return region.CatchType;
            foreach (var token in IntermediateLanguage.TokensOf(body.GetILContent())) yield return MetadataTokens.EntityHandle(token);
        }
    }

    private ImmutableHashSet<string> AssembliesOf(EntityHandle handle)
    {
        if (handle.IsNil) return [];
        var names = new AssemblyNames(_metadata);
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                return names.GetTypeFromReference(_metadata, (TypeReferenceHandle)handle, 0);
            case HandleKind.TypeSpecification:
                return names.GetTypeFromSpecification(_metadata, null, (TypeSpecificationHandle)handle, 0);
            case HandleKind.FieldDefinition:
                return _metadata.GetFieldDefinition((FieldDefinitionHandle)handle).DecodeSignature(names, null);
            case HandleKind.MethodDefinition:
                return AssemblyNames.Of(_metadata.GetMethodDefinition((MethodDefinitionHandle)handle).DecodeSignature(names, null));
            case HandleKind.StandaloneSignature:
                return [.. _metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeLocalSignature(names, null).SelectMany(x => x)];
            case HandleKind.MethodSpecification:
                var specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                return [.. specification.DecodeSignature(names, null).SelectMany(x => x), .. AssembliesOf(specification.Method)];
            case HandleKind.MemberReference:
                return AssembliesOf(_metadata.GetMemberReference((MemberReferenceHandle)handle).Parent);
            default:
                return [];
        }
    }

    // A nested type, such as a closure, has the namespace of the type around it.
    private string NamespaceOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return _metadata.GetString(type.Namespace);
    }
}
